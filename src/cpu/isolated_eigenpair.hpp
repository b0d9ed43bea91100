// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lanczos.hpp"

namespace convexscan::cpu {

/// The smallest eigenvalue of a symmetric matrix, and the proof that it is the smallest.
struct IsolatedEigenpair {
  double value = 0.0;          ///< vᵀAv / vᵀv
  std::vector<double> vector;  ///< v (n), of unit length up to rounding
  double residual = 0.0;       ///< ‖Av − value·v‖ ≤ residual·‖v‖, rounding included
  double second = 0.0;         ///< λ₂ ≥ second, proved
};

/// The memory of one thread for what is asked of dense matrices.
struct DenseScratch {
  std::vector<double> matrix;   ///< (n, n)
  std::vector<double> product;  ///< (n)
  std::vector<double> solved;   ///< (n)
  Lanczos lanczos;
  IsolatedEigenpair pair;
  DenseEigenvalues solver;

  /// Takes what matrices of n rows need; isolated: for isolated_smallest, too.
  void reserve(std::int64_t n, bool isolated);
};

/// Parameters from which it is faster than DenseEigenvalues with one vector. Measured on one core:
/// 0.6 to 1.3 times as fast for P = 81, 1.8 to 2.2 for 105, 4.7 to 5.9 for 369, 3.4 for 1005.
inline constexpr std::int64_t isolated_from = 96;

/// λ_min alone, for a fraction of the price of a tridiagonalisation:
///
/// 1. Lanczos on A until the smallest Ritz vector v stands out, roughly.
/// 2. One Cholesky factorisation, of A + τ·v·vᵀ − s·I with s a little above the Ritz value. Adding
///    τ·v·vᵀ moves the smallest eigenvalue out of the way, whatever v is: by interlacing
///    λ₂(A) ≥ λ_min(A + τ·v·vᵀ), so a factorisation that goes through proves λ₂ ≥ s
///    (Rump, BIT 46, 2006, with the rounding of the matrix and of the factorisation in a shift).
/// 3. Inverse iteration with the same factor: (A − s·I)⁻¹ by the formula of Sherman and Morrison.
///
/// Reads the lower triangle of matrix (n, n), row-major; norm is ‖A‖_F. Stops as soon as
/// residual²/(λ₂ − value), by which λ_min may be smaller (Temple 1928), is at most accepted.
/// The pair is scratch's. Null where λ_min is not isolated enough, which costs up to a sixth of a
/// tridiagonalisation.
const IsolatedEigenpair* isolated_smallest(const double* matrix, std::int64_t n, double norm,
                                           double accepted, const std::vector<double>& start,
                                           DenseScratch& scratch);

/// Σ|a_ii|·γ_{n+10}: A − c·I with the diagonal a_ii has to go through a Cholesky factorisation for
/// A to be positive definite (Rump 2006, with the roundings of a division by multiplication with a
/// reciprocal counted in).
double cholesky_allowance(double diagonal_sum, std::int64_t n);

}  // namespace convexscan::cpu
