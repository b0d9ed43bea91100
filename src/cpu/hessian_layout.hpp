// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// The part of a layer whose rows and columns a Hessian has: every output's weights in the columns
/// [begin, end) of ā = [a; 1], the bias being column `inputs`.
struct LayerColumns {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t offset = 0;       ///< where the layer's weights start in the matrix
  std::int64_t bias_offset = 0;  ///< where its biases start

  bool empty() const { return begin == end; }
  std::int64_t columns() const { return end - begin; }                            ///< of ā
  std::int64_t weights() const { return (end < inputs ? end : inputs) - begin; }  ///< may be < 0
  bool has_bias() const { return end > inputs; }

  /// Row or column of the parameter between column j of ā and output i.
  std::int64_t index(std::int64_t i, std::int64_t j) const {
    return j < inputs ? offset + i * row_length() + (j - begin) : bias_offset + i;
  }
  std::int64_t row_length() const { return weights() > 0 ? weights() : 0; }
};

/// Which rows and columns of the full Hessian are assembled: for each layer the smallest range of
/// columns of ā that holds the subset, in ascending order of parameters. What `--parameters` can
/// name is such a range; for any other subset the matrix is assembled with a few rows too many,
/// which gather() takes out.
class HessianLayout {
 public:
  template <class Real>
  HessianLayout(const std::vector<LayerPlan<Real>>& layers, std::span<const std::int64_t> subset);

  std::int64_t assembled() const { return assembled_; }
  std::int64_t size() const { return size_; }
  const LayerColumns& layer(int l) const { return layers_[static_cast<std::size_t>(l)]; }
  int depth() const { return static_cast<int>(layers_.size()); }

  /// Rows of the subset that belong to a layer, [begin, end).
  std::int64_t layer_begin(int l) const { return layer_begin_[static_cast<std::size_t>(l)]; }
  std::int64_t layer_end(int l) const { return layer_begin_[static_cast<std::size_t>(l) + 1]; }

  /// Assembled rows that are in the subset (size).
  std::span<const std::int64_t> kept() const { return kept_; }

  /// Moves the subset's rows and columns of a lower triangle (assembled, assembled) to the front:
  /// afterwards it is (size, size).
  void gather(double* matrix) const;

 private:
  std::vector<LayerColumns> layers_;
  std::vector<std::int64_t> kept_;  ///< (size): assembled rows that are in the subset
  std::vector<std::int64_t> layer_begin_;
  std::int64_t assembled_ = 0;
  std::int64_t size_ = 0;
};

}  // namespace convexscan::cpu
