// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"
#include "cpu/value_with_error.hpp"

namespace convexscan::cpu {

/// The penalty's second derivative in parameter i at a point of a slice, with a bound on its
/// rounding, whoever computes it: infinite where |d|^p, p < 2, may be at its zero.
ValueWithError penalty_curvature(const Penalty& penalty, const Slice& slice,
                                 const double* coordinates, std::int64_t i);

/// Σ_i ∂²penalty/∂θ_i² v_i² over the subset for a direction v (parameters) that was rounded from
/// numbers no larger than reach, with a bound on its error.
ValueWithError penalty_form(const Objective& objective, const Slice& slice,
                            const double* coordinates, const double* direction,
                            const double* reach);

}  // namespace convexscan::cpu
