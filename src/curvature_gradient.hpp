// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan {

/// ∇(vᵀHv) in the parameters for a fixed v, which is ∇³f·v·v, and a bound on what rounding of ∇f
/// makes of it.
struct CurvatureGradient {
  std::vector<double> gradient;
  double rounding = 0.0;
};

/// That of every point θ (parameters) with its own direction v (parameters), as d²/dt² ∇f(θ + tv)
/// at t = 0 by the difference quotient (−g₋₂ + 16g₋₁ − 30g₀ + 16g₁ − g₂)/(12h²) with steps of
/// length h, all in one batch of gradients. Zero where v is empty or only rounding is left.
std::vector<CurvatureGradient> curvature_gradients(
    Backend& backend, std::span<const std::vector<double>> thetas,
    std::span<const std::span<const double>> directions, double h);

}  // namespace convexscan
