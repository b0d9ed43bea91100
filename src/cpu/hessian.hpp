// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "convexscan/objective.hpp"
#include "cpu/hessian_layout.hpp"
#include "cpu/hessian_products.hpp"
#include "cpu/sample_factors.hpp"
#include "shared/underflow.hpp"

/// Exact Hessians of the averaged loss of a network, assembled as products with K = samples: about
/// N·P² operations, against 5 to 11 N·P² for P Hessian-vector products.
namespace convexscan::cpu {

/// What belongs to a slice and a subset of the parameters.
class NetworkHessian {
 public:
  NetworkHessian(const Objective& objective, const NetworkSlice<double>& network, Slice slice);

  /// The scratch memory of one thread.
  struct Workspace {
    explicit Workspace(const NetworkHessian& hessian);
    FactorWorkspace factors;
    Aligned<double> theta;
    Aligned<double> magnitude;
    ProductWorkspace products;
    std::vector<double> errors;                     ///< (depth)
    std::vector<std::vector<double>> block_errors;  ///< of (m, l), by l's tangents: (depth²)
    std::int64_t kinks = 0;    ///< contacts with kinks at the last matrix's point: kink_contacts
    double trace_error = 0.0;  ///< bound on the error of the sum of its diagonal entries
  };

  const SliceMagnitudes& magnitudes() const { return magnitudes_; }
  std::int64_t size() const { return layout_.size(); }
  const HessianLayout& layout() const { return layout_; }

  /// Memory a matrix needs while it is assembled.
  std::int64_t matrix_doubles() const { return layout_.assembled() * layout_.assembled(); }

  /// The lower triangle of ∇²f in the subset, row-major (size, size), penalty included; what lies
  /// above the diagonal is undefined. Returns a bound on ‖computed − exact‖ in the Frobenius norm,
  /// and so on the error of every eigenvalue that rounding in the assembly makes; not finite when
  /// the matrix is not, or where its errors overflow.
  double assemble(const double* coordinates, Workspace& workspace, double* matrix) const;

 private:
  /// Adds the penalty's second derivatives and bounds on the largest of their errors, which is
  /// returned, and on the sum of them, to which it is added.
  double add_penalty(const double* coordinates, double* matrix, double& sum) const;

  const Objective& objective_;
  const NetworkSlice<double>& network_;
  const Slice slice_;
  const SliceMagnitudes magnitudes_;
  const HessianLayout layout_;
  const shared::UnderflowBound underflow_;
  const bool has_kinks_;
};

}  // namespace convexscan::cpu
