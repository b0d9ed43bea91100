// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>

#include "convexscan/backend.hpp"

namespace convexscan::cpu {

/// Scanned parameters from which `auto` prefers the cascade to a dense solver.
/// Without a number the evaluator has no such method at all.
struct CascadeLimits {
  std::int64_t verdict_from = 1;              ///< for the verdict alone
  std::optional<std::int64_t> smallest_from;  ///< for λ_min without the rest of the spectrum
};

/// What the options come to for these quantities of a Hessian in that many parameters.
EigensolverChoice choose_eigensolver(const EvaluationOptions& options, std::int64_t parameters,
                                     const QuantitySet& quantities, bool equal_weights,
                                     const CascadeLimits& limits);

/// Whether any quantity needs the Hessian in all of the scanned parameters.
bool needs_curvature(const QuantitySet& quantities);

/// Whether all that do are the verdict and what it rests on.
bool needs_only_verdict(const QuantitySet& quantities);

/// Whether any needs eigenvalues of the whole matrix.
bool needs_eigenvalues(const QuantitySet& quantities);

/// The first quantity that the smallest eigenvalue alone does not give, if there is one. With
/// equal weights required_l2 follows from it.
std::optional<Quantity> needs_more_than_smallest(const QuantitySet& quantities, bool equal_weights);

}  // namespace convexscan::cpu
