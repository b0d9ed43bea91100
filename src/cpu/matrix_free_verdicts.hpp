// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "cpu/known_directions.hpp"
#include "cpu/matrix_free_workspace.hpp"

/// Verdicts without eigenvalues and without a matrix: the cheapest proof first.
///
///   eigenvector  vᵀHv < 0 for v the smallest Ritz vector at the slice's origin, certified by a
///                running error bound
///   plane        … for v in the plane of the scan
///   lanczos      … for v the smallest Ritz vector here, as soon as its Ritz value is negative
///
/// Every proof is q + e < 0 of the exact Hessian, as where values are asked for; nothing here
/// proves convexity, so that what is not found negative is undecided.
namespace convexscan::cpu {

class MatrixFreeVerdicts {
 public:
  /// Finds the origin's vectors with the workspace. All must outlive it.
  MatrixFreeVerdicts(const Objective& objective, const NetworkData<double>& data,
                     const SliceMagnitudes& magnitudes, const Slice& slice, std::int64_t most_steps,
                     MatrixFreeWorkspace& work);

  struct Settled {
    Verdict verdict = Verdict::undecided;
    SettledBy stage = SettledBy::nothing;
    std::int64_t products = 0;  ///< Hessian-vector products that it took
    std::int64_t steps = 0;     ///< of Lanczos, of the last start; 0 where it was not needed
  };
  Settled at(const double* coordinates, MatrixFreeWorkspace& work) const;

  /// Hessian-vector products for the origin's vectors.
  std::int64_t products() const { return products_; }

 private:
  const Objective& objective_;
  const std::int64_t most_steps_;
  std::vector<double> start_;
  std::optional<KnownDirections> known_;
  std::int64_t products_ = 0;
};

}  // namespace convexscan::cpu
