// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"
#include "cpu/bounded_value.hpp"
#include "shared/penalties.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {

/// The penalty's second derivative in parameter i at a point of a slice, with a bound on its
/// rounding.
inline BoundedValue penalty_curvature(const Penalty& penalty, const Slice& slice,
                                      const double* coordinates, std::int64_t i) {
  const auto at = static_cast<std::size_t>(i);
  const double centre = penalty.centre.empty() ? 0.0 : penalty.centre[at];
  double theta = slice.origin[at];
  double reach = std::fabs(theta) + std::fabs(centre);
  for (int j = 0; j < slice.axes(); ++j) {
    const double step = coordinates[j] * slice.directions[static_cast<std::size_t>(j)][at];
    theta += step;
    reach += std::fabs(step);
  }
  const double d = theta - centre;
  BoundedValue sum;
  for (const PenaltyTerm& term : penalty.terms) {
    const double second = shared::penalty_value(term.kind, term.value, term.exponent, i, d).second;
    sum.value += second;
    // |d|^(p−2) magnifies the rounding of d.
    const double sensitivity = term.kind == PenaltyTerm::Kind::lp && term.exponent != 2.0
                                   ? std::fabs(term.exponent - 2.0) * 6.0 * reach / std::fabs(d)
                                   : 0.0;
    sum.error +=
        shared::unit_roundoff * (std::fabs(second) * (8.0 + sensitivity) + std::fabs(sum.value));
  }
  return sum;
}

/// Σ_i ∂²penalty/∂θ_i² v_i² over the subset for a direction v (parameters) that was rounded from
/// numbers no larger than reach, with a bound on its error.
inline BoundedValue penalty_form(const Objective& objective, const Slice& slice,
                                 const double* coordinates, const double* direction,
                                 const double* reach) {
  BoundedValue sum;
  double size = 0.0;
  for (const std::int64_t i : objective.subset) {
    const double v = direction[i];
    if (v == 0.0) continue;
    const BoundedValue second = penalty_curvature(objective.penalty, slice, coordinates, i);
    sum.value += second.value * v * v;
    size += std::fabs(second.value) * v * v;
    sum.error += second.error * v * v +
                 std::fabs(second.value) * 8.0 * shared::unit_roundoff * reach[i] * reach[i];
  }
  sum.error += shared::gamma_bound(static_cast<std::int64_t>(objective.subset.size()) + 4) * size;
  return sum;
}

}  // namespace convexscan::cpu
