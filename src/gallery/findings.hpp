// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include "gallery/laboratory.hpp"

/// What measurements say of claims. Each answer is a comparison of a number with its error bound,
/// and undecided where the bound does not allow one.
namespace convexscan {

using enum Finding::Role;

/// Whether number < −bound: yes; > bound: no.
Answer is_negative(double number, double bound);

/// Whether number > bound: yes; else no: nothing beyond rounding.
Answer is_real(double number, double bound);

/// Somewhere on the plane λ_min < 0. The number is the most negative one beyond its bound.
Finding curves_down(Finding::Role role, std::string claim, const PlaneScan& plane);

/// At the middle of the plane λ_min < 0.
Finding curves_down_in_the_middle(Finding::Role role, std::string claim, const PlaneScan& plane);

/// Nowhere on the plane λ_min < 0. The number is the smallest.
Finding curves_down_nowhere(Finding::Role role, std::string claim, const PlaneScan& plane);

/// λ_min = 0 within its bound on the whole plane. The number is the one that is furthest from 0 for
/// its bound.
Finding has_flat_direction(Finding::Role role, std::string claim, const PlaneScan& plane);

/// λ_min > 0 on the whole plane. The number is the smallest beyond its bound.
Finding curves_up_everywhere(Finding::Role role, std::string claim, const PlaneScan& plane);

/// No segment violates convexity; with "quasi-", quasi-convexity. The number is the largest gap,
/// the bound what rounding may make of none, and the evidence says how many segments violate and
/// what that allows to say of all (Clopper and Pearson 1934, 95 % confidence).
Finding convex_on_segments(Finding::Role role, std::string claim, const SegmentsScan& segments);
Finding quasi_convex_on_segments(Finding::Role role, std::string claim,
                                 const SegmentsScan& segments);

/// Some segment violates convexity, or quasi-convexity.
Finding violated_on_segments(Finding::Role role, std::string claim, const SegmentsScan& segments);
Finding quasi_violated_on_segments(Finding::Role role, std::string claim,
                                   const SegmentsScan& segments);

/// The loss on the one segment rises above the chord of its ends.
Finding rises_between(Finding::Role role, std::string claim, const SegmentsScan& segment);

/// The loss is the same along the one segment.
Finding constant_between(Finding::Role role, std::string claim, const SegmentsScan& segment);

/// The loss is the same at both ends of the one segment.
Finding equal_at_the_ends(Finding::Role role, std::string claim, const SegmentsScan& segment);

}  // namespace convexscan
