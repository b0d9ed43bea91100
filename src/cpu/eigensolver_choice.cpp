// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/eigensolver_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace convexscan::cpu {
namespace {

using enum Quantity;

constexpr std::array curvature_quantities{min_eigenvalue,
                                          min_eigenvalue_error,
                                          max_eigenvalue,
                                          negative_count,
                                          trace,
                                          layer_min_eigenvalue,
                                          required_l2,
                                          verdict,
                                          near_zero_count,
                                          positive_count,
                                          settled_by,
                                          eigenvalue_error,
                                          max_eigenvalue_error,
                                          trace_error,
                                          required_l2_error,
                                          layer_min_eigenvalue_error,
                                          min_eigenvector,
                                          min_eigenvector_error};

bool is_one_of(Quantity quantity, std::span<const Quantity> set) {
  return std::ranges::find(set, quantity) != set.end();
}

}  // namespace

bool needs_curvature(const QuantitySet& quantities) {
  return std::ranges::any_of(
      quantities, [](Quantity quantity) { return is_one_of(quantity, curvature_quantities); });
}

bool needs_only_verdict(const QuantitySet& quantities) {
  return needs_curvature(quantities) && std::ranges::all_of(quantities, [](Quantity quantity) {
           return !is_one_of(quantity, curvature_quantities) || quantity == verdict ||
                  quantity == settled_by;
         });
}

bool needs_eigenvalues(const QuantitySet& quantities) {
  return std::ranges::any_of(quantities, [](Quantity quantity) {
    static constexpr std::array of_parts{trace, trace_error, layer_min_eigenvalue,
                                         layer_min_eigenvalue_error};
    return is_one_of(quantity, curvature_quantities) && !is_one_of(quantity, of_parts);
  });
}

std::optional<Quantity> needs_more_than_smallest(const QuantitySet& quantities,
                                                 bool equal_weights) {
  static constexpr std::array of_smallest{min_eigenvalue,  min_eigenvalue_error,
                                          verdict,         settled_by,
                                          min_eigenvector, min_eigenvector_error};
  for (const Quantity quantity : quantities) {
    if (!is_one_of(quantity, curvature_quantities) || is_one_of(quantity, of_smallest)) continue;
    if ((quantity == required_l2 || quantity == required_l2_error) && equal_weights) continue;
    return quantity;
  }
  return {};
}

EigensolverChoice choose_eigensolver(const EvaluationOptions& options, std::int64_t parameters,
                                     const QuantitySet& quantities, bool equal_weights,
                                     const CascadeLimits& limits) {
  using enum Eigensolver;
  if (!needs_curvature(quantities)) return {};
  if (options.eigensolver == lanczos) return {lanczos, "asked for"};
  if (options.eigensolver == cusolver) return {cusolver, "asked for"};
  const bool is_automatic = options.eigensolver == automatic;
  if (is_automatic && parameters > options.dense_limit) {
    return {lanczos,
            fmt::format("auto: {} parameters are more than {}", parameters, options.dense_limit)};
  }

  const std::string prefix = is_automatic ? "auto: " : "cascade was asked for, but ";
  if (needs_only_verdict(quantities)) {
    if (!is_automatic) return {cascade, "asked for"};
    if (parameters >= limits.verdict_from) return {cascade, "auto: only the verdict is asked for"};
    return {cusolver, fmt::format("auto: with {} parameters eigenvalues are as fast", parameters)};
  }
  if (const auto more = needs_more_than_smallest(quantities, equal_weights)) {
    return {cusolver,
            fmt::format("{}{} needs more than the smallest eigenvalue", prefix, info(*more).name)};
  }
  if (!limits.smallest_from) {
    return {cusolver, is_automatic ? "auto: a value is asked for"
                                   : "cascade was asked for, but gives no values here"};
  }
  if (!is_automatic) return {cascade, "asked for"};
  if (parameters >= *limits.smallest_from) {
    return {cascade, "auto: only the smallest eigenvalue is asked for"};
  }
  return {cusolver,
          fmt::format("auto: with {} parameters all eigenvalues are as fast as one", parameters)};
}

}  // namespace convexscan::cpu
