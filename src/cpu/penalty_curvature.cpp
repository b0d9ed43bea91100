// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/penalty_curvature.hpp"

#include <cmath>
#include <limits>

#include "shared/penalties.hpp"
#include "shared/rounding.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cpu {
namespace {

constexpr double u = shared::unit_roundoff;

/// dᵢ = θᵢ − centreᵢ, with a bound on how far any two ways to compute it, fused multiplications or
/// not, are apart: four times the running error.
ValueWithError distance_from_centre(const Penalty& penalty, const Slice& slice,
                                    const double* coordinates, std::size_t i) {
  ValueWithError d{slice.origin[i], 0.0};
  double rounded = 0.0;
  for (int j = 0; j < slice.axes(); ++j) {
    const double direction = slice.directions[static_cast<std::size_t>(j)][i];
    if (coordinates[j] == 0.0 || direction == 0.0) continue;
    const double step = coordinates[j] * direction;
    d.value += step;
    rounded += u * (std::fabs(step) + std::fabs(d.value)) +
               std::numeric_limits<double>::denorm_min();  // a product may underflow
  }
  const double centre = penalty.centre.empty() ? 0.0 : penalty.centre[i];
  if (centre != 0.0) {
    d.value -= centre;
    rounded += u * std::fabs(d.value);
  }
  d.error = 4.0 * rounded;
  return d;
}

/// A bound on the error of second, the second derivative of V|d|^p. p(p − 1)|d|^(p − 2) is monotone
/// in |d|, so that over [|d| − e, |d| + e] it is between its values at the ends; for p < 2 it has
/// no limit at 0.
double error_of_power(const PenaltyTerm& term, const ValueWithError& d, double second) {
  const double p = term.exponent;
  if (term.value == 0.0 || p == 1.0) return 0.0;
  const double size = std::fabs(d.value);
  const double nearest = size > d.error ? size - d.error : 0.0;
  if (p < 2.0 && !(nearest > 0.0)) return infinity;
  const double factor = std::fabs(term.value * p * (p - 1.0));
  const double low = std::pow(nearest, p - 2.0);
  const double high = d.error > 0.0 ? std::pow(size + d.error, p - 2.0) : low;
  const double largest = low > high ? low : high;
  if (!std::isfinite(second) || !std::isfinite(factor * largest)) return infinity;
  // The rounding of p − 2, which is exact for p ≥ 1, is magnified by log |d|.
  const double magnified = p < 1.0 ? std::fabs(std::log(nearest)) : 0.0;
  // Products that underflow are wrong by a unit of the smallest normal number.
  constexpr double smallest = std::numeric_limits<double>::min();
  return factor * std::fabs(high - low) +
         (20.0 + 3.0 * magnified) * u * (factor + smallest) * (largest + smallest);
}

}  // namespace

ValueWithError penalty_curvature(const Penalty& penalty, const Slice& slice,
                                 const double* coordinates, std::int64_t i) {
  const ValueWithError d =
      distance_from_centre(penalty, slice, coordinates, static_cast<std::size_t>(i));
  ValueWithError sum;
  for (const PenaltyTerm& term : penalty.terms) {
    const double second =
        shared::penalty_value(term.kind, term.value, term.exponent, i, d.value).second;
    sum.value += second;
    const bool power = term.kind == PenaltyTerm::Kind::lp;
    sum.error += (power ? error_of_power(term, d, second) : 8.0 * u * std::fabs(second)) +
                 u * std::fabs(sum.value);
  }
  return sum;
}

ValueWithError penalty_form(const Objective& objective, const Slice& slice,
                            const double* coordinates, const double* direction,
                            const double* reach) {
  ValueWithError sum;
  double size = 0.0;
  for (const std::int64_t i : objective.subset) {
    const double v = direction[i];
    if (v == 0.0) continue;
    const ValueWithError second = penalty_curvature(objective.penalty, slice, coordinates, i);
    sum.value += second.value * v * v;
    size += std::fabs(second.value) * v * v;
    sum.error += second.error * v * v +
                 std::fabs(second.value) * 8.0 * shared::unit_roundoff * reach[i] * reach[i];
  }
  sum.error += shared::gamma_bound(static_cast<std::int64_t>(objective.subset.size()) + 4) * size;
  return sum;
}

}  // namespace convexscan::cpu
