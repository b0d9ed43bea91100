// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "convexscan/backend.hpp"
#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

namespace convexscan {

/// An upper bound of |computed loss − exact loss| at every one of the points, whatever the order of
/// the sums, from the sizes of weights and data alone: not an estimate. The exact loss is that of
/// the slice as stored, at the coordinates that equal spacing means. Rounding to the precision, of
/// weights and data too, is included. It grows with depth and width and is far above what errors
/// usually are; a violation of convexity that is larger than it is real.
/// Infinite where nothing can be said. Where the points are some of those of a larger equally
/// spaced grid, whole says how many times further its coordinates reach than theirs.
double rounding_bound(const Objective& objective, const Slice& slice, const Points& points,
                      Precision precision, double whole = 1.0);

/// The same for the places t on the segment from first (t = 0) to second (t = 1).
double rounding_bound_between(const Objective& objective, std::span<const double> first,
                              std::span<const double> second, std::span<const double> t,
                              Precision precision);

/// What a gap f − Σ wₖfₖ, Σ wₖ = 1, must exceed to be real when every loss is within error of the
/// truth: 2·error, and the rounding of the gap's own evaluation.
double least_real_gap(double error, double largest_loss);

}  // namespace convexscan
