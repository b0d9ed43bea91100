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

/// The eigenvector (n) of the tridiagonal matrix for an eigenvalue, times Q of tridiagonalise: an
/// eigenvector of A. dstein and dormtr. False when it fails.
bool eigenvector(const double* reduced, std::int64_t n, std::span<const double> diagonal,
                 std::span<const double> off_diagonal, std::span<const double> reflections,
                 double value, std::span<double> vector);

/// All eigenvalues of a tridiagonal matrix, ascending, in place (dsterf). False when it fails.
bool all_tridiagonal_eigenvalues(std::vector<double>& diagonal, std::vector<double>& off_diagonal);

/// All eigenvalues and the rows of eigenvectors (n, n) of a tridiagonal matrix (dsteqr).
bool tridiagonal_eigenvectors(std::vector<double>& diagonal, std::vector<double>& off_diagonal,
                              std::vector<double>& vectors);

/// Eigenvalue number k and its eigenvector (n); the matrix is destroyed. dsyevr. False when it
/// fails.
bool eigenpair(double* matrix, std::int64_t n, std::int64_t k, double& value,
               std::span<double> vector);

/// A = L·Lᵀ in place. Returns 0, or the number (from 1) of the pivot that is not positive.
std::int64_t cholesky(double* matrix, std::int64_t n);

/// X ← L⁻¹X for rows (n, columns) of X, row-major with the given stride.
void solve_lower(const double* factor, std::int64_t n, std::int64_t factor_stride, double* x,
                 std::int64_t columns, std::int64_t x_stride);

/// y = A·x.
void symmetric_product(const double* matrix, std::int64_t n, const double* x, double* y);

}  // namespace convexscan::cpu
