// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// The routines of LAPACK that are used, on row-major matrices of which only the lower triangle is
/// read and written. Column-major LAPACK sees that triangle as an upper one.
namespace convexscan::cpu {

/// Q·T·Qᵀ = A; the matrix is destroyed. dsytrd.
void tridiagonalise(double* matrix, std::int64_t n, std::span<double> diagonal,
                    std::span<double> off_diagonal, std::span<double> reflections);

/// The eigenvector (n) of a tridiagonal matrix for an eigenvalue, by inverse iteration. dstein.
/// False when it fails.
bool tridiagonal_eigenvector(std::span<const double> diagonal, std::span<const double> off_diagonal,
                             double value, std::span<double> vector);

/// x ← Q·x (n) with the Q that tridiagonalise has left in the matrix: an eigenvector of T becomes
/// one of A. dormtr.
void transform_back(const double* reduced, std::int64_t n, std::span<const double> reflections,
                    std::span<double> x);

/// All eigenvalues of a tridiagonal matrix, ascending, in place (dsterf). False when it fails.
bool all_tridiagonal_eigenvalues(std::vector<double>& diagonal, std::vector<double>& off_diagonal);

/// Eigenvalue number k and its eigenvector (n); the matrix is destroyed. dsyevr. False when it
/// fails.
bool eigenpair(double* matrix, std::int64_t n, std::int64_t k, double& value,
               std::span<double> vector);

/// A = L·Lᵀ in place. Returns 0, or the number (from 1) of the pivot that is not positive.
std::int64_t cholesky(double* matrix, std::int64_t n);

/// X ← L⁻¹X for rows (n, columns) of X, row-major with the given stride.
void solve_lower(const double* factor, std::int64_t n, std::int64_t factor_stride, double* x,
                 std::int64_t columns, std::int64_t x_stride);

/// x ← (L·Lᵀ)⁻¹x (n) for a factor L (n, n).
void solve_cholesky(const double* factor, std::int64_t n, double* x);

/// y = A·x.
void symmetric_product(const double* matrix, std::int64_t n, const double* x, double* y);

}  // namespace convexscan::cpu
