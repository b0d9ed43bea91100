// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/objective.hpp"
#include "cpu/sample_line.hpp"
#include "shared/bounded_value.hpp"

namespace convexscan::cpu {

/// A line of a slice of a network: along an axis of the slice from the point at coordinates (axes).
struct SliceLine {
  const double* begin = nullptr;
  int axis = 0;
};

/// df/dt at the place `behind` of a line less df/dt at `before`, with the penalty, and a bound on
/// its rounding, what underflows apart; below minus the bound it proves that f is not convex
/// between the two. Infinite error where a unit is on its kink at one of the places, as far as
/// rounding can tell. network must have been set to the line.
shared::BoundedValue slope_difference(SampleLine& network, const Objective& objective,
                                      const NetworkData<double>& data, const Slice& slice,
                                      SliceLine line, double before, double behind);

}  // namespace convexscan::cpu
