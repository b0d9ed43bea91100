// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/dense_eigenvalues.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/householder.hpp"
#include "cpu/lapack.hpp"
#include "shared/rounding.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cpu {

double frobenius_norm(const double* matrix, std::int64_t n) {
  double off = 0.0;
  double diagonal = 0.0;
  for (std::int64_t r = 0; r < n; ++r) {
    const double* row = matrix + r * n;
    double sum = 0.0;
    for (std::int64_t c = 0; c < r; ++c) sum += row[c] * row[c];
    off += sum;
    diagonal += row[r] * row[r];
  }
  return std::sqrt(2.0 * off + diagonal);
}

double solver_error(double norm, std::int64_t n) {
  return (32.0 + 2.0 * std::sqrt(static_cast<double>(n))) * shared::unit_roundoff * norm;
}

void DenseEigenvalues::reduce(double* matrix, std::int64_t n) {
  matrix_ = matrix;
  const auto size = static_cast<std::size_t>(n);
  reduced_.diagonal.resize(size);
  reduced_.off_diagonal.resize(size - 1);
  reflections_.resize(size);
  const double norm = frobenius_norm(matrix, n);
  in_cache_ = n <= householder_rows && norm > 0x1p-400 && norm < 0x1p500;
  error_ = solver_error(norm, n);
  if (!std::isfinite(norm)) {
    error_ = smallest_ = nan;
    return;
  }
  if (in_cache_) {
    scratch_.resize(2 * size);
    householder_tridiagonalise(matrix, n, reduced_.diagonal, reduced_.off_diagonal, reflections_,
                               scratch_);
  } else {
    tridiagonalise(matrix, n, reduced_.diagonal, reduced_.off_diagonal, reflections_);
  }
  smallest_ = at(0);
}

void DenseEigenvalues::reserve(std::int64_t n) {
  const auto size = static_cast<std::size_t>(n);
  for (std::vector<double>* numbers : {&reduced_.diagonal, &reduced_.off_diagonal, &reflections_}) {
    numbers->reserve(size);
  }
  scratch_.reserve(2 * size);
  vector_.reserve(3 * size);  // of Tridiagonal::eigenvector
}

double DenseEigenvalues::at(std::int64_t number) const {
  return std::isnan(error_) ? nan : reduced_.eigenvalue(number);
}

std::vector<double> DenseEigenvalues::all() const {
  std::vector<double> values = reduced_.diagonal;
  std::vector<double> off_diagonal = reduced_.off_diagonal;
  if (std::isnan(error_) || !all_tridiagonal_eigenvalues(values, off_diagonal)) {
    values.assign(values.size(), nan);
  }
  return values;
}

const std::vector<double>& DenseEigenvalues::smallest_vector() {
  vector_.clear();
  if (std::isnan(error_)) return vector_;
  if (error_ == 0.0) {  // of a matrix of zeros every vector is one
    vector_.resize(reduced_.diagonal.size());
    vector_.front() = 1.0;
    return vector_;
  }
  reduced_.eigenvector(smallest_, vector_);
  if (!vector_.empty()) {
    in_cache_ ? householder_transform_back(matrix_, size(), reflections_, vector_)
              : transform_back(matrix_, size(), reflections_, vector_);
  }
  if (!std::ranges::all_of(vector_, [](double v) { return std::isfinite(v); })) vector_.clear();
  return vector_;
}

}  // namespace convexscan::cpu
