// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "convexscan/objective.hpp"

namespace convexscan {

/// What the layers of a network put out on its data, one layer after the other; for analysis, where
/// every value is wanted.
class LayerOutputs {
 public:
  using Matrix = std::vector<double>;  ///< (width, samples), row-major

  /// Both must outlive this.
  LayerOutputs(const NetworkTask& task, std::span<const double> theta);

  /// σ(z) of the next layer, before a mask of dropout and what a skip adds behind it.
  Matrix next();

  /// What the next layer reads: the inputs, or the last layer's node.
  const Matrix& node() const { return nodes_.back(); }

  /// z of the next layer; does not go on to it.
  Matrix pre_activation() const;

 private:
  void add(int node, Matrix& to) const;

  const NetworkTask& task_;
  std::span<const double> theta_;
  std::size_t samples_;
  std::vector<Matrix> nodes_;
};

}  // namespace convexscan
