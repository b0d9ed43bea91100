// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/search_region.hpp"

namespace convexscan {

struct CurvatureSearch {
  std::int64_t samples = 256;  ///< points of the region that are looked at first
  std::int64_t descents = 8;   ///< from so many of them the curvature is then minimised
  std::int64_t steps = 60;     ///< of each descent, at most
  std::uint64_t seed = 0;
};

/// A point of a region with its least curvature, in the metric of a penalty Σ wᵢθᵢ²: no point that
/// was looked at has a smaller one. The region may have points that do.
struct NegativeCurvature {
  std::vector<double> theta;      ///< (parameters)
  std::vector<double> direction;  ///< v (parameters) with Σ wᵢvᵢ² = 1; zero outside the subset
  double value = 0.0;             ///< vᵀHv: the smallest eigenvalue of W^{−½}HW^{−½}
  double error = 0.0;             ///< bound on the error of value
  std::int64_t evaluations = 0;   ///< points whose Hessian was looked at
};

using SearchProgress = std::function<void(std::int64_t done, std::int64_t whole)>;

/// Looks for the point of most negative curvature: random points, then projected gradient descent
/// (Barzilai & Borwein's steps with Armijo's condition) of the smallest eigenvalue μ from the
/// lowest of them, along ∇μ = ∇(vᵀHv), v held fixed; then random points around the lowest, ever
/// nearer, since μ has kinks where eigenvalues cross. vᵀHv's gradient is a difference quotient of
/// fourth order of ∇f along v. weights (parameters) are positive in the subset. candidates are
/// further points of the region to look at. Throws Error when the Hessian is finite nowhere,
/// Interrupted when stop was set.
NegativeCurvature most_negative_curvature(Backend& backend, const Objective& objective,
                                          const SearchRegion& region,
                                          std::span<const double> weights,
                                          const CurvatureSearch& search,
                                          const std::vector<std::vector<double>>& candidates = {},
                                          const SearchProgress& progress = {},
                                          const std::atomic<bool>* stop = nullptr);

}  // namespace convexscan
