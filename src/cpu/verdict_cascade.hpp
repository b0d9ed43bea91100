// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "convexscan/curvature.hpp"
#include "cpu/hessian.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "cpu/known_directions.hpp"

/// Verdicts without eigenvalues: the cheapest proof first.
///
///   eigenvector  vᵀHv < 0 for v the eigenvector of λ_min at the slice's origin,
///                certified by a running error bound
///   plane        … for v in the plane of the scan
///   diagonal     a negative entry of H
///   lanczos      a negative Ritz value after a few steps on H
///   cholesky     H − cI = L·Lᵀ goes through: λ_min > 0 (Rump 2006); H + cI goes through: undecided
///   dense        the eigenvalue
///
/// The origin's eigenvector rather than a neighbour's, so that what is stored for a point does not
/// depend on the points computed with it.
namespace convexscan::cpu {

struct SettledVerdict {
  Verdict verdict = Verdict::undecided;
  SettledBy stage = SettledBy::nothing;
};

/// What is known of a computed matrix: λ_min > 0 proved, λ_min < 0 proved, or which of them cannot
/// be.
SettledVerdict matrix_verdict(const double* matrix, std::int64_t n, double bound,
                              const std::vector<double>& start, DenseScratch& scratch);

class VerdictCascade {
 public:
  VerdictCascade(const Objective& objective, const NetworkSlice<double>& network,
                 const NetworkHessian& hessian, const Slice& slice);

  /// The scratch memory of one thread.
  struct Workspace {
    explicit Workspace(const VerdictCascade& cascade);
    NetworkHessian::Workspace hessian;
    Prober prober;
    std::vector<double> matrix;
    DenseScratch scratch;
  };

  SettledVerdict verdict(const double* coordinates, Workspace& workspace) const;

 private:
  const Objective& objective_;
  const NetworkSlice<double>& network_;
  const NetworkHessian& hessian_;
  const Slice& slice_;
  std::optional<KnownDirections> known_;
  std::vector<double> start_;  ///< (size), for Lanczos
};

}  // namespace convexscan::cpu
