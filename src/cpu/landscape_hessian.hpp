// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

namespace convexscan::cpu {

/// The lower triangle of a built-in function's Hessian in the subset, row-major, penalty included.
/// Returns a bound on ‖computed − exact‖_F, the rounding of θ counted in; infinity where there is
/// none.
double landscape_hessian(const Objective& objective, const Slice& slice, const double* coordinates,
                         std::vector<double>& matrix);

}  // namespace convexscan::cpu
