// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>
#include <span>
#include <string>

#include "convexscan/backend.hpp"
#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// The part of a network's evaluator that looks at the Hessian.
class CurvaturePass {
 public:
  virtual ~CurvaturePass() = default;

  virtual std::int64_t points_per_tile() const = 0;

  /// Whether eigenvalues come from our own kernels instead of the library's.
  virtual bool is_on_chip() const { return false; }

  /// What can be said of eigenvalues that may have been missed; empty where none may be.
  virtual std::string likely() const { return {}; }

  /// Adds its quantities to the table.
  virtual void evaluate(std::span<const double> coordinates, std::int64_t points,
                        ValueTable& table) = 0;
};

/// Points whose matrices are made and solved at once: as many as the eigensolver has use for, in a
/// quarter of the free memory. No bit depends on it.
std::int64_t matrices_at_once(std::int64_t bytes_per_point, std::size_t free_bytes);

/// Null when no quantity needs it. eigensolver is what choose_eigensolver has chosen. All must
/// outlive it. Throws UsageError for what the eigensolver does not give.
std::unique_ptr<CurvaturePass> make_curvature_pass(const Objective& objective,
                                                   const NetworkData<double>& data,
                                                   const DeviceContext& context, const Slice& slice,
                                                   const QuantitySet& quantities,
                                                   const EvaluationOptions& options,
                                                   Eigensolver eigensolver);

/// What the options come to on the current device. With fewer parameters the whole spectrum comes
/// from one processor's memory, where it costs no more than λ_min.
EigensolverChoice choose_eigensolver(const Objective& objective, const QuantitySet& quantities,
                                     const EvaluationOptions& options);

/// The pass that never forms a matrix. Throws UsageError for quantities that need one.
std::unique_ptr<CurvaturePass> make_matrix_free_pass(
    const Objective& objective, const NetworkData<double>& data, const DeviceContext& context,
    const Slice& slice, const QuantitySet& quantities, const EvaluationOptions& options);

}  // namespace convexscan::cuda
