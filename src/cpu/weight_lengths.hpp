// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// Bounds on the Euclidean lengths of the rows and columns of a network's weights, layer by layer
/// but for the first, through which no errors pass.
class WeightLengths {
 public:
  explicit WeightLengths(const NetworkData<double>& data);

  /// Those of the sizes (parameters) of weights.
  void take(const NetworkData<double>& data, const double* sizes);

  const double* rows(int l) const { return rows_[static_cast<std::size_t>(l)].data(); }
  const double* columns(int l) const { return columns_[static_cast<std::size_t>(l)].data(); }

 private:
  std::vector<Aligned<double>> rows_;     ///< (outputs) of each layer
  std::vector<Aligned<double>> columns_;  ///< (inputs)
};

/// More than what a sum of squares loses to underflow, of however many numbers memory can hold.
inline constexpr double underflowing_squares = 1e-290;

}  // namespace convexscan::cpu
