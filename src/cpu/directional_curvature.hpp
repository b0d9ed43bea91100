// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cpu/sample_factors.hpp"
#include "cpu/value_with_error.hpp"

/// One number of the Hessian, vᵀHv, without the Hessian: a proof of negative curvature for the
/// price of a few passes through the network.
///
///   vᵀ∇²ℓ v = ȧ_Lᵀ ∂²ℓ/∂a² ȧ_L + Σ_l Σ_i ( σ''(z_l)·∂ℓ/∂a · ż_l² + 2 g_l · V_l ȧ_{l−1} )_i
///
/// with ż, ȧ the derivatives along v = (V_1, …).
namespace convexscan::cpu {

/// Adds the sum over one block of samples to the value, and a bound on its error to the error,
/// before any division; primal_factors must have been called for the block. The direction is the
/// point of a slice, whose first-layer products are thereby made once for all points.
void add_directional_curvature(const HessianPoint& point, const HessianPoint& direction,
                               std::int64_t block, FactorWorkspace& work,
                               ValueWithError& curvature);

}  // namespace convexscan::cpu
