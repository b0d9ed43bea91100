// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "convexscan/backend.hpp"
#include "cpu/network_slice.hpp"
#include "cpu/tile.hpp"
#include "shared/moved_layers.hpp"

namespace convexscan::cpu {

/// Losses of a plane line by line, see shared::lines_of; each line has the layers that it moves as
/// a network of its own.
template <class Real>
class PlaneLines {
 public:
  /// Nothing unless the plane falls into lines, and its grid has several points of each among those
  /// that one call takes: a line is worth some of its points. data and slice must outlive this.
  static std::optional<PlaneLines> of(const NetworkData<Real>& data, const Slice& slice,
                                      const EvaluationOptions& options);

  /// Losses, and if asked for right answers, summed over the samples at the coordinates (points,
  /// 2): (points). A point's bits do not depend on the others.
  std::vector<TileSums> sums(std::span<const double> coordinates, bool accuracy) const;

  /// The first layer that moves along a line.
  int first() const { return lines_.first; }

  /// Whether the loss is a quadratic along a line.
  bool quadratic() const;

 private:
  PlaneLines(const NetworkData<Real>& data, const Slice& slice, const shared::Lines& lines,
             double spacing)
      : data_(data), slice_(slice), lines_(lines), spacing_(spacing) {}

  const NetworkData<Real>& data_;
  const Slice& slice_;
  shared::Lines lines_;
  double spacing_;  ///< of points on a line
};

}  // namespace convexscan::cpu
