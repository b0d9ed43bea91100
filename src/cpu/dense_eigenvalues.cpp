// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/dense_eigenvalues.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/lapack.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

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

DenseEigenvalues::DenseEigenvalues(double* matrix, std::int64_t n)
    : matrix_(matrix),
      diagonal_(static_cast<std::size_t>(n)),
      off_diagonal_(static_cast<std::size_t>(n)),
      reflections_(static_cast<std::size_t>(n)) {
  const double norm = frobenius_norm(matrix, n);
  error_ = solver_error(norm, n);
  if (!std::isfinite(norm)) {
    error_ = nan;
    return;
  }
  tridiagonalise(matrix, n, diagonal_, {off_diagonal_.data(), static_cast<std::size_t>(n - 1)},
                 reflections_);
}

double DenseEigenvalues::at(std::int64_t number) const {
  if (std::isnan(error_)) return nan;
  // Gershgorin's interval, halved down to the last bit of its larger end; dstebz stops at four or
  // more.
  double low = diagonal_[0];
  double high = diagonal_[0];
  for (std::size_t i = 0; i < diagonal_.size(); ++i) {
    const double reach = (i > 0 ? std::fabs(off_diagonal_[i - 1]) : 0.0) +
                         (i + 1 < diagonal_.size() ? std::fabs(off_diagonal_[i]) : 0.0);
    low = std::min(low, diagonal_[i] - reach);
    high = std::max(high, diagonal_[i] + reach);
  }
  const double resolution = shared::unit_roundoff * std::max(std::fabs(low), std::fabs(high));
  while (high - low > resolution) {
    const double middle = low + 0.5 * (high - low);
    if (middle <= low || middle >= high) break;
    (count_below(middle) > number ? high : low) = middle;
  }
  return low + 0.5 * (high - low);
}

std::vector<double> DenseEigenvalues::all() const {
  std::vector<double> values = diagonal_;
  std::vector<double> off_diagonal = off_diagonal_;
  if (std::isnan(error_) || !all_tridiagonal_eigenvalues(values, off_diagonal)) {
    values.assign(values.size(), nan);
  }
  return values;
}

std::vector<double> DenseEigenvalues::smallest_vector() const {
  std::vector<double> vector(diagonal_.size());
  if (std::isnan(error_) ||
      !eigenvector(matrix_, size(), diagonal_, off_diagonal_, reflections_, smallest(), vector)) {
    vector.clear();
  }
  return vector;
}

std::int64_t DenseEigenvalues::count_below(double x) const {
  // q_i = (d_i − x) − e²_{i−1}/q_{i−1}, with tiny pivots kept away from zero (Kahan).
  constexpr double tiny = 1e-290;
  std::int64_t count = 0;
  double q = 1.0;
  for (std::size_t i = 0; i < diagonal_.size(); ++i) {
    const double e = i == 0 ? 0.0 : off_diagonal_[i - 1];
    q = (diagonal_[i] - x) - e * e / q;
    if (std::fabs(q) < tiny) q = tiny;  // an eigenvalue that is x is not below it
    if (q < 0.0) ++count;
  }
  return count;
}

}  // namespace convexscan::cpu
