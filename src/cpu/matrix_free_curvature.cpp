// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/matrix_free_curvature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "convexscan/error.hpp"
#include "shared/lanczos_rules.hpp"
#include "shared/larger.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

std::string whole_hessian_is_needed(const Objective& objective) {
  const double parameters = static_cast<double>(objective.subset.size());
  const double gib = 8.0 * parameters * parameters / (1024.0 * 1024.0 * 1024.0);
  const std::string needed = fmt::format("needs the whole Hessian of {} parameters", parameters);
  if (gib < 1.0) return needed + "; --eigensolver cusolver forms it";
  return fmt::format(
      "{}, {:.3g} GiB; scan fewer with --parameters, or form it with --eigensolver cusolver where "
      "that fits",
      needed, gib);
}

}  // namespace

void require_matrix_free(const Objective& objective, const QuantitySet& quantities) {
  using enum Quantity;
  for (const Quantity quantity :
       {negative_count, near_zero_count, positive_count, eigenvalue_error, trace, trace_error,
        layer_min_eigenvalue, layer_min_eigenvalue_error}) {
    if (quantities.contains(quantity)) {
      throw UsageError(fmt::format("--quantities {}: {}", info(quantity).name,
                                   whole_hessian_is_needed(objective)));
    }
  }
  const std::vector<double> weights = required_weights(objective);
  if ((quantities.contains(required_l2) || quantities.contains(required_l2_error)) &&
      !std::ranges::all_of(weights, [](double w) { return w == 1.0; })) {
    throw UsageError(fmt::format("--quantities required_l2: with weights that differ it {}",
                                 whole_hessian_is_needed(objective)));
  }
}

LanczosLimits matrix_free_limits(const Objective& objective, std::int64_t most_steps) {
  LanczosLimits limits;
  limits.steps = shared::most_steps(static_cast<std::int64_t>(objective.subset.size()), most_steps);
  limits.tolerance = 1e-7;
  return limits;
}

LanczosLimits matrix_free_sign_limits(const Objective& objective, std::int64_t most_steps,
                                      std::optional<double> below) {
  LanczosLimits limits = matrix_free_limits(objective, most_steps);
  limits.both_ends = false;
  limits.below = below;
  return limits;
}

LanczosLimits origin_limits(const Objective& objective, std::int64_t most_steps) {
  LanczosLimits limits = matrix_free_limits(objective, most_steps);
  limits.both_ends = false;
  limits.tolerance = 1e-3;
  return limits;
}

double promising_ritz_value(double product_error) { return -2.0 * product_error; }

std::vector<double> first_start(std::int64_t size) { return scattered(size, 1); }

void start_from(const std::vector<double>& smallest, const std::vector<double>& largest,
                std::vector<double>& start) {
  const double scale = 0.1 / std::sqrt(static_cast<double>(start.size()));
  for (std::size_t i = 0; i < smallest.size(); ++i) {
    start[i] = scale * start[i] + smallest[i] + largest[i];
  }
}

double likely_part(std::int64_t n, std::int64_t steps) {
  // P[(θ − λ_min)/(λ_max − λ_min) > ε] ≤ 1.648·√n·exp(−√ε(2k − 1)) from a random vector. Of a start
  // of length ℓ only the part of length r is random, which is a vector 1 : ℓ/r as long: at most
  // (√2 + 0.1/√3)/(0.1/√3) here.
  constexpr double diluted = 25.5;
  constexpr double chance = 1e-6;
  const double vectors = 1.648 * std::sqrt(static_cast<double>(n)) * diluted;
  const double root = std::log(vectors / chance) / static_cast<double>(2 * steps - 1);
  return root * root;
}

std::string likely_statement(std::int64_t n, std::int64_t steps) {
  const double part = likely_part(n, steps);
  if (!(part < 1.0)) return fmt::format("{} steps or more, too few to say what is missed", steps);
  return fmt::format(
      "{} steps or more: with a chance of 1e-6 at most is a smaller eigenvalue missed by over "
      "{:.2g} "
      "of the spectrum's spread",
      steps, part);
}

std::string likely_where_undecided(std::int64_t n, std::int64_t steps) {
  return "where undecided, " + likely_statement(n, steps);
}

double lanczos_error(const RitzPairs& ritz, std::int64_t n, double product_error) {
  const auto steps = static_cast<double>(ritz.steps);
  const double size = shared::larger(std::fabs(ritz.smallest), std::fabs(ritz.largest));
  const double vectors = 4.0 * shared::gamma_bound(n + ritz.steps) * std::sqrt(steps) * size;
  return std::sqrt(steps) * (product_error + vectors);
}

void matrix_free_curvature(const RitzPairs& ritz, std::int64_t n, const ValueWithError& rayleigh,
                           double product_error, PointCurvature& curvature) {
  if (std::isnan(ritz.smallest)) return;
  curvature.min_eigenvalue = rayleigh.value;
  if (std::isnan(rayleigh.value)) return;
  const double rounding = lanczos_error(ritz, n, product_error);
  const double apart = std::fabs(rayleigh.value - ritz.smallest);
  curvature.error = or_infinite(rayleigh.error + ritz.smallest_residual + rounding + apart);
  curvature.max_eigenvalue = ritz.largest;
  curvature.max_eigenvalue_error = or_infinite(ritz.largest_residual + rounding);
  curvature.required_l2 = convexscan::required_l2(rayleigh.value, curvature.error);
  curvature.vector_error = or_infinite(ritz.smallest_residual + rounding + apart);
  if (rayleigh.surely_negative()) {
    curvature.verdict = Verdict::not_convex;
    curvature.settled_by = SettledBy::lanczos;
    curvature.required_l2 = {-0.5 * rayleigh.value, 0.5 * curvature.error};
  }
}

}  // namespace convexscan::cpu
