// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "cpu/tridiagonal.hpp"

namespace convexscan::cpu {

/// The spectrum of a symmetric matrix by tridiagonalisation and bisection, which gives the ends and
/// counts without the rest. On one core of the machine this was written on, milliseconds for P =
/// 369: dsytrd 3.0 and one eigenvalue 0.1, against 1.5 more for all eigenvalues (dsterf) and 10.4
/// for dsyevd with vectors. Matrices that stay in the cache have a tridiagonalisation of their own.
class DenseEigenvalues {
 public:
  DenseEigenvalues() = default;
  DenseEigenvalues(double* matrix, std::int64_t n) { reduce(matrix, n); }

  /// Reads the lower triangle of the row-major matrix (n, n), all of which it overwrites, and keeps
  /// its reflections there: the memory must not be touched before the last call of smallest_vector.
  void reduce(double* matrix, std::int64_t n);

  /// Takes the memory for matrices of n rows.
  void reserve(std::int64_t n);

  std::int64_t size() const { return reduced_.size(); }

  /// Bound on the error of every number below: c·u·‖A‖_F for the backward error of the orthogonal
  /// transformations and of bisection. docs/error-bounds.md says how c was chosen. NaN when the
  /// matrix is not finite.
  double error() const { return error_; }

  double smallest() const { return smallest_; }
  double second_smallest() const { return at(1); }
  double largest() const { return at(size() - 1); }
  std::vector<double> all() const;

  /// The eigenvector of smallest(), of unit length up to rounding; empty when it did not converge.
  const std::vector<double>& smallest_vector();

  /// How many eigenvalues are less than x.
  std::int64_t count_below(double x) const { return reduced_.count_below(x); }

 private:
  double at(std::int64_t number) const;

  const double* matrix_ = nullptr;
  Tridiagonal reduced_;
  std::vector<double> reflections_;
  std::vector<double> scratch_;
  std::vector<double> vector_;
  bool in_cache_ = false;  ///< tridiagonalised by householder.hpp, not by LAPACK
  double error_ = 0.0;
  double smallest_ = 0.0;
};

/// The bound that DenseEigenvalues gives, (32 + 2√n)·u·‖A‖_F.
double solver_error(double norm, std::int64_t n);

/// ‖A‖_F from its lower triangle.
double frobenius_norm(const double* matrix, std::int64_t n);

}  // namespace convexscan::cpu
