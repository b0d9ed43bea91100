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

  /// Of one sample alone, from 0: matrices have one column.
  LayerOutputs(const NetworkTask& task, std::span<const double> theta, std::int64_t sample);

  /// σ(z) of the next layer, before a mask of dropout and what a skip adds behind it.
  Matrix next();

  /// What the next layer reads: the inputs, or the last layer's node.
  const Matrix& node() const { return nodes_.back(); }

  /// z of the next layer; does not go on to it.
  Matrix pre_activation() const;

 private:
  void read(std::size_t first, std::size_t samples);
  void add(int node, Matrix& to) const;

  const NetworkTask& task_;
  std::span<const double> theta_;
  std::size_t first_ = 0;  // of the task's samples
  std::size_t samples_ = 0;
  std::vector<Matrix> nodes_;
};

}  // namespace convexscan
