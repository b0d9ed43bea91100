// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "convexscan/backend.hpp"
#include "convexscan/objective.hpp"

namespace convexscan {

/// How far a backend's mean loss may be from the exact one by rounding, wherever no weight's size
/// exceeds its own of weights (P numbers, in the order of parameters) and a weight is computed with
/// an error of at most path units of roundoff of that size. spread: what a layer that is affine in
/// the coordinates adds up, of origin and directions apart, is at most so many times those sizes.
/// Infinity or NaN where sizes overflow.
double network_rounding_bound(const NetworkTask& task, std::span<const double> weights,
                              Precision precision, double path, double spread);

}  // namespace convexscan
