// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "convexscan/backend.hpp"
#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// The part of a network's evaluator that looks at the Hessian.
class CurvaturePass {
 public:
  virtual ~CurvaturePass() = default;

  /// How many points take about a quarter of a second.
  virtual std::int64_t points_per_tile() const = 0;

  virtual EigensolverChoice eigensolver() const = 0;

  /// Adds its quantities to the table.
  virtual void evaluate(std::span<const double> coordinates, std::int64_t points,
                        ValueTable& table) = 0;
};

/// Null when no quantity needs it. The objective and the data must outlive it. Throws UsageError
/// for quantities that a matrix-free method cannot give.
std::unique_ptr<CurvaturePass> make_curvature_pass(const Objective& objective,
                                                   const NetworkData<double>& data,
                                                   const Slice& slice,
                                                   const QuantitySet& quantities,
                                                   const EvaluationOptions& options);

/// The one for networks whose Hessian is never formed.
std::unique_ptr<CurvaturePass> make_matrix_free_pass(
    const Objective& objective, const NetworkData<double>& data, const Slice& slice,
    const QuantitySet& quantities, const EvaluationOptions& options, EigensolverChoice eigensolver);

}  // namespace convexscan::cpu
