// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/householder.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/targets.hpp"
#include "shared/tridiagonal.hpp"

namespace convexscan::cpu {
namespace {

/// Columns are worked on from a multiple of this on, for whole vectors; in front of a reflection's
/// first column its v and w are zero.
constexpr std::int64_t column_step = 8;

[[gnu::always_inline]] inline double dot(const double* a, const double* b, std::int64_t n) {
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// x (n) becomes the v, v_0 = 1, of the reflection I − factor·v·vᵀ that makes it (β, 0, …). Returns
/// the factor, 0 where there is nothing to do.
[[gnu::always_inline]] inline double reflect(double* x, std::int64_t n, double& beta) {
  const double square = dot(x + 1, x + 1, n - 1);
  const double first = x[0];
  beta = first;
  if (square < shared::least_reflected) return 0.0;
  beta = -std::copysign(std::sqrt(first * first + square), first);
  const double scale = 1.0 / (first - beta);
  x[0] = 1.0;
#pragma omp simd
  for (std::int64_t i = 1; i < n; ++i) x[i] *= scale;
  return (beta - first) / beta;
}

/// The rank-2 update A ← A − v·wᵀ − w·vᵀ.
struct Update {
  const double* v;
  const double* w;
};

/// Row number r of A, updated, times x, in the columns [begin, end).
[[gnu::always_inline]] inline double update_row(double* row, std::int64_t r, Update by,
                                                const double* x, std::int64_t begin,
                                                std::int64_t end) {
  const double vr = by.v[r];
  const double wr = by.w[r];
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t c = begin; c < end; ++c) {
    const double a = row[c] - (vr * by.w[c] + wr * by.v[c]);
    row[c] = a;
    sum += a * x[c];
  }
  return sum;
}

/// The same of four rows, `stride` apart, which read v, w and x once.
[[gnu::always_inline]] inline void update_rows(double* rows, std::int64_t stride, std::int64_t r,
                                               Update by, const double* x, std::int64_t begin,
                                               std::int64_t end, double* products) {
  double* const row0 = rows;
  double* const row1 = rows + stride;
  double* const row2 = rows + 2 * stride;
  double* const row3 = rows + 3 * stride;
  const double v0 = by.v[r], v1 = by.v[r + 1], v2 = by.v[r + 2], v3 = by.v[r + 3];
  const double w0 = by.w[r], w1 = by.w[r + 1], w2 = by.w[r + 2], w3 = by.w[r + 3];
  double sum0 = 0.0, sum1 = 0.0, sum2 = 0.0, sum3 = 0.0;
#pragma omp simd reduction(+ : sum0, sum1, sum2, sum3)
  for (std::int64_t c = begin; c < end; ++c) {
    const double v = by.v[c];
    const double w = by.w[c];
    const double a0 = row0[c] - (v0 * w + w0 * v);
    const double a1 = row1[c] - (v1 * w + w1 * v);
    const double a2 = row2[c] - (v2 * w + w2 * v);
    const double a3 = row3[c] - (v3 * w + w3 * v);
    row0[c] = a0;
    row1[c] = a1;
    row2[c] = a2;
    row3[c] = a3;
    sum0 += a0 * x[c];
    sum1 += a1 * x[c];
    sum2 += a2 * x[c];
    sum3 += a3 * x[c];
  }
  products[0] = sum0;
  products[1] = sum1;
  products[2] = sum2;
  products[3] = sum3;
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS void householder_tridiagonalise(double* matrix, std::int64_t n,
                                                          std::span<double> diagonal,
                                                          std::span<double> off_diagonal,
                                                          std::span<double> reflections,
                                                          std::span<double> scratch) {
  for (std::int64_t r = 1; r < n; ++r) {
    for (std::int64_t c = 0; c < r; ++c) matrix[c * n + r] = matrix[r * n + c];
  }
  double* w = scratch.data();
  double* product = w + n;
  std::fill_n(w, n, 0.0);
  Update update{w, w};
  for (std::int64_t k = 0; k < n; ++k) {
    double* const row = matrix + k * n;
    update_row(row, k, update, row, k, n);
    diagonal[static_cast<std::size_t>(k)] = row[k];
    const std::int64_t first = k + 1;
    if (first == n) break;
    double& beside = off_diagonal[static_cast<std::size_t>(k)];
    const double factor = reflect(row + first, n - first, beside);
    reflections[static_cast<std::size_t>(k)] = factor;
    const std::int64_t begin = first / column_step * column_step;
    std::fill(row + begin, row + first, 0.0);

    std::int64_t r = first;
    for (; r + 4 <= n; r += 4)
      update_rows(matrix + r * n, n, r, update, row, begin, n, product + r);
    for (; r < n; ++r) product[r] = update_row(matrix + r * n, r, update, row, begin, n);

    // w = p − (factor/2)(pᵀv)·v, p = factor·A·v. Where nothing is reflected, v has no unit length.
    const double part =
        factor == 0.0 ? 0.0 : 0.5 * factor * factor * dot(product + first, row + first, n - first);
    std::fill(product + begin, product + first, 0.0);
    for (r = first; r < n; ++r) product[r] = factor * product[r] - part * row[r];
    update = {row, product};
    std::swap(w, product);
  }
}

CONVEXSCAN_VECTOR_TARGETS void householder_transform_back(const double* reduced, std::int64_t n,
                                                          std::span<const double> reflections,
                                                          std::span<double> x) {
  for (std::int64_t k = n - 2; k >= 0; --k) {
    const double* const v = reduced + k * n + k + 1;
    double* const part = x.data() + k + 1;
    const std::int64_t size = n - k - 1;
    const double amount = reflections[static_cast<std::size_t>(k)] * dot(v, part, size);
#pragma omp simd
    for (std::int64_t i = 0; i < size; ++i) part[i] -= amount * v[i];
  }
}

}  // namespace convexscan::cpu
