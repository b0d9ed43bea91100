// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "convexscan/objective.hpp"
#include "cpu/sample_line.hpp"

namespace convexscan::cpu {

/// The way from one point of a grid to the next along an axis, and by how much the slope of the
/// loss drops at the kinks on it (docs/kinks.md). The memory of one thread.
class GridStep {
 public:
  /// All must outlive it.
  GridStep(const Objective& objective, const NetworkSlice<double>& network,
           const SliceMagnitudes& magnitudes, const Slice& slice);

  /// Σ min(0, jump) on [point, next); NaN where a pre-activation is not finite.
  double mass(const double* point, int axis, double next);

 private:
  /// A unit of one sample that changes sign on the way to the next point.
  struct Crossing {
    LineColumn at;
    KinkFlip flip;
    double first = 0.0;  ///< z at the point
    double last = 0.0;   ///< and at the next one
  };

  /// A jump of the slope of f with a bound on its rounding.
  struct Jump {
    double place = 0.0;
    double value = 0.0;
    double error = 0.0;
  };

  bool find_crossings();
  void locate();
  void locate_block(std::span<Crossing* const> block);
  void measure();
  void add_penalty_kinks(const double* point, const double* end, int axis);
  double negative_part() const;

  const Objective& objective_;
  const NetworkSlice<double>& network_;
  const Slice& slice_;
  SampleLine here_;
  SampleLine there_;
  double relative_error_ = 0.0;
  double step_ = 0.0;
  std::vector<Crossing> crossings_;
  std::vector<Jump> jumps_;
};

}  // namespace convexscan::cpu
