// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/search_region.hpp"

namespace convexscan {

/// How hard to look. What is not given is chosen by the number of coordinates: see below.
struct CurvatureSearch {
  std::optional<std::int64_t> samples;   ///< points of the region that are looked at first
  std::optional<std::int64_t> descents;  ///< from so many of them the curvature is then minimised
  std::optional<std::int64_t> mixtures;  ///< rounds of further descents, from mixed ends
  std::optional<std::int64_t> steps;     ///< of each descent, at most
  std::uint64_t seed = 0;
};

/// As a Hessian's eigenvalues take n³ operations, 64 descents for up to 16 coordinates, then fewer
/// in proportion down to 8, and 32 samples for each; 6 mixtures, then fewer down to none; 500
/// steps for up to 128, then fewer down to 60.
CurvatureSearch with_counts(CurvatureSearch search, std::int64_t coordinates);

/// A point of a region with its least curvature, in the metric of a penalty Σ wᵢθᵢ²: no point that
/// was looked at is proved to have a smaller one. The region may have points that do.
struct NegativeCurvature {
  std::vector<double> theta;      ///< (parameters)
  std::vector<double> direction;  ///< v (parameters) with Σ wᵢvᵢ² = 1; zero outside the subset
  double value = 0.0;             ///< vᵀHv: the smallest eigenvalue of W^{−½}HW^{−½}
  double error = 0.0;             ///< bound on the error of value
  std::int64_t evaluations = 0;   ///< points whose Hessian was looked at
  std::int64_t missing = 0;       ///< of them, where there is no finite one, or no bound on it
  /// The least that rounding leaves possible for any of the others: its value less its error; −∞
  /// where the Hessians are too large for more than Ritz values, below which there may be others.
  double least_possible = 0.0;
  std::int64_t descents = 0;   ///< how many there were
  std::int64_t converged = 0;  ///< how many of them did: the others stopped before
  /// To first order, what a step of the region's radius down the gradient, back to the region,
  /// would change value by: a descent has converged when that is within 1e-6 of value and rounding.
  /// NaN where a kink is so near that nothing is known of it.
  double first_order_gain = 0.0;
  bool witness_converged = false;  ///< whether the one that ended here did
};

using SearchProgress = std::function<void(std::int64_t done, std::int64_t whole)>;

/// Looks for the point of most negative curvature: random points and the corners of the region, if
/// they are few; then L-BFGS on the smallest eigenvalue μ from the lowest of them that lie apart,
/// in variables without bounds (UnboundedVariables), along ∇μ = ∇(vᵀHv), v held fixed, each taken
/// up again where the boundary held it; then from mixtures of coordinates of the ends, as a genetic
/// algorithm's (crossover); then random points around the lowest, ever nearer, for objectives with
/// kinks. Where eigenvalues cross μ is the lesser of smooth functions, so that a
/// step down one of them is a step down μ. vᵀHv's gradient is a difference quotient of fourth order
/// of ∇f along v. weights (parameters) are positive in the subset. candidates are further points of
/// the region to look at. Throws Error when the Hessian is finite nowhere, Interrupted when
/// stop was set.
NegativeCurvature most_negative_curvature(Backend& backend, const Objective& objective,
                                          const SearchRegion& region,
                                          std::span<const double> weights,
                                          const CurvatureSearch& search,
                                          const std::vector<std::vector<double>>& candidates = {},
                                          const SearchProgress& progress = {},
                                          const std::atomic<bool>* stop = nullptr);

}  // namespace convexscan
