// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>

/// Householder's tridiagonalisation (Golub and Van Loan, *Matrix Computations*, 4th ed., §8.3.1) of
/// a matrix that stays in the cache: each reflection reads it once, where it applies the one before
/// to a row and multiplies that row by the next vector.
namespace convexscan::cpu {

/// Rows up to which it is faster than LAPACK's in panels.
inline constexpr std::int64_t householder_rows = 200;

/// Q·T·Qᵀ = A of the row-major matrix (n, n), of which the lower triangle is read. It is destroyed:
/// reflection k, I − reflections[k]·v·vᵀ, has its v in row k behind the diagonal. Its
/// Frobenius norm has to lie between 2⁻⁴⁰⁰ and 2⁵⁰⁰. diagonal (n), off_diagonal (n − 1),
/// reflections (n), scratch (2n).
void householder_tridiagonalise(double* matrix, std::int64_t n, std::span<double> diagonal,
                                std::span<double> off_diagonal, std::span<double> reflections,
                                std::span<double> scratch);

/// x ← Q·x (n).
void householder_transform_back(const double* reduced, std::int64_t n,
                                std::span<const double> reflections, std::span<double> x);

}  // namespace convexscan::cpu
