// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "shared/rounding.hpp"

/// How the smallest eigenvalue is found alone, the same for one matrix and for many: see
/// cpu/isolated_eigenpair.hpp.
namespace convexscan::shared {

/// Lanczos steps after which a tridiagonalisation would be faster.
inline std::int64_t isolation_steps(std::int64_t n) {
  return std::clamp<std::int64_t>(n / 4, 12, 48);
}

/// Residual of the Ritz vector over the gap at which the factorisation is tried: later, and Lanczos
/// does what inverse iteration does faster; earlier, and the second Ritz value is too wrong to
/// choose a shift by.
inline constexpr double isolation = 0.01;

inline bool is_isolated(double smallest, double residual, double second, double part = isolation) {
  return residual < part * (second - smallest);
}

inline constexpr int inverse_iterations = 8;

/// A + weight·v·vᵀ − shift·I, and a bound on the rounding of its sums, products and shift in the
/// Frobenius norm, twice over.
struct Deflation {
  double weight;
  double shift;
  double rounding;
};

/// From the ends of the Ritz values. The shift is so many residuals, or so much of the spread,
/// above the smallest: near, so that inverse iteration takes three or four steps and a second Ritz
/// value that is far too large does no harm; but not so near that the gap below the shift drowns in
/// rounding. norm is ‖A‖_F.
inline Deflation deflation(double smallest, double residual, double largest, double norm) {
  constexpr double shift_in_residuals = 3.0;
  constexpr double least_shift = 1e-7;
  const double weight = largest - smallest;
  const double shift = smallest + std::max(shift_in_residuals * residual, least_shift * weight);
  return {weight, shift, 8.0 * unit_roundoff * (norm + weight + std::fabs(shift))};
}

}  // namespace convexscan::shared
