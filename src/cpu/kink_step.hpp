// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "convexscan/objective.hpp"
#include "cpu/slope_difference.hpp"
#include "shared/underflow.hpp"

namespace convexscan::cpu {

/// The way from one point of a grid to the next along an axis, and by how much the slope of the
/// loss drops at the kinks on it (docs/kinks.md). The memory of one thread.
class GridStep {
 public:
  /// All must outlive it.
  GridStep(const Objective& objective, const NetworkSlice<double>& network,
           const SliceMagnitudes& magnitudes, const Slice& slice);

  /// Σ min(0, jump) on [point, next), 0 where it is not proved that the slope drops at all; NaN
  /// where a pre-activation is not finite. What is on a point of the grid up to rounding belongs to
  /// the way that begins there, all of it: the way is looked at from a little before the point to a
  /// little behind the next.
  double mass(const double* point, int axis, double next);

 private:
  /// A unit of one sample that changes sign on the way to the next point.
  struct Crossing {
    LineColumn at;
    KinkFlip flip;
    double first = 0.0;  ///< z where the line begins
    double last = 0.0;   ///< and where it ends
  };

  /// The units of one sample that change sign at one place, and what they do together.
  struct SampleJump {
    LineColumn at;  ///< of the first
    std::vector<KinkFlip> flips;
    double width = 0.0;  ///< from the first to the last
    SlopeJump jump = {};
    bool measured = false;
  };

  /// A jump of the slope of f, or several that may be at one place.
  struct Jump {
    double place = 0.0;
    double low = 0.0;  ///< where it may be, for all rounding can tell
    double high = 0.0;
    double value = 0.0;
    double error = 0.0;

    void add(const Jump& other);
  };

  bool find_crossings();
  void locate();
  void locate_block(std::span<Crossing* const> block);
  void measure();
  void measure_blocks(std::vector<SampleJump>& all);
  std::vector<SampleJump> together(std::vector<SampleJump> apart) const;
  void add_penalty_kinks(const double* begin, int axis);
  bool is_known(double place_error) const;
  double negative_part(SliceLine line);
  bool is_proved(SliceLine line, const Jump& jump);

  const Objective& objective_;
  const NetworkSlice<double>& network_;
  const Slice& slice_;
  SampleLine here_;
  SampleLine there_;
  double length_ = 0.0;  ///< of the line; places are distances from its beginning
  double from_ = 0.0;    ///< where what belongs to the way begins
  double to_ = 0.0;      ///< and ends
  double next_ = 0.0;    ///< the next point
  shared::UnderflowBound lost_;
  std::vector<double> sizes_;  ///< (axes): Σ|d_i| of the direction
  double underflow_ = 0.0;     ///< what a difference of slopes may have lost
  std::vector<Crossing> crossings_;
  std::vector<Jump> jumps_;
};

}  // namespace convexscan::cpu
