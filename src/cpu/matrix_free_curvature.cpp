// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/matrix_free_curvature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "convexscan/error.hpp"
#include "shared/lanczos_rules.hpp"

namespace convexscan::cpu {

void require_matrix_free(const Objective& objective, const QuantitySet& quantities) {
  using enum Quantity;
  for (const Quantity quantity :
       {negative_count, near_zero_count, positive_count, trace, layer_min_eigenvalue}) {
    if (quantities.contains(quantity)) {
      throw UsageError(
          fmt::format("--quantities {}: needs the whole Hessian of {} parameters; --eigensolver "
                      "cusolver forms it",
                      info(quantity).name, objective.subset.size()));
    }
  }
  const std::vector<double> weights = required_weights(objective);
  if (quantities.contains(required_l2) &&
      !std::ranges::all_of(weights, [](double w) { return w == 1.0; })) {
    throw UsageError(
        "--quantities required_l2: with weights that differ it needs the whole Hessian; "
        "--eigensolver cusolver forms it");
  }
}

LanczosLimits matrix_free_limits(const Objective& objective, std::int64_t most_steps) {
  LanczosLimits limits;
  limits.steps = shared::most_steps(static_cast<std::int64_t>(objective.subset.size()), most_steps);
  limits.tolerance = 1e-7;
  return limits;
}

std::vector<double> first_start(std::int64_t size) { return scattered(size, 1); }

void start_from(const std::vector<double>& smallest, const std::vector<double>& largest,
                std::vector<double>& start) {
  const double scale = 0.1 / std::sqrt(static_cast<double>(start.size()));
  for (std::size_t i = 0; i < smallest.size(); ++i) {
    start[i] = scale * start[i] + smallest[i] + largest[i];
  }
}

PointCurvature matrix_free_curvature(const RitzPairs& ritz, const BoundedValue& rayleigh) {
  PointCurvature curvature;
  curvature.settled_by = SettledBy::lanczos;
  if (std::isnan(ritz.smallest)) return curvature;
  curvature.min_eigenvalue = rayleigh.value;
  curvature.error =
      rayleigh.error + ritz.smallest_residual + std::fabs(rayleigh.value - ritz.smallest);
  curvature.max_eigenvalue = ritz.largest;
  if (rayleigh.value + rayleigh.error < 0.0) curvature.verdict = Verdict::not_convex;
  curvature.required_l2 = curvature.verdict == Verdict::not_convex ? -0.5 * rayleigh.value : 0.0;
  return curvature;
}

}  // namespace convexscan::cpu
