// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cpu/vector_product.hpp"
#include "cpu/weight_lengths.hpp"

namespace convexscan::cpu {

/// out[i] = |in[i]|·gamma + error[i]: what a product with magnitudes turns into an error bound.
[[gnu::always_inline]] inline void error_sources(const double* in, const double* error,
                                                 double gamma, std::int64_t count, double* out) {
#pragma omp simd
  for (std::int64_t s = 0; s < count; ++s) out[s] = error[s] + gamma * std::fabs(in[s]);
}

/// error[rows × n] += sizes[rows × depth] · sources[depth × n], or, where the lengths of the rows
/// are given, at least that by Cauchy and Schwarz: lengths[r]·‖sources of a sample‖. norms is
/// scratch, (n).
[[gnu::always_inline]] inline void add_error_product(const Weights<double>& sizes,
                                                     const double* lengths, std::int64_t rows,
                                                     std::int64_t depth, const double* sources,
                                                     std::int64_t n, double* norms, double* error) {
  if (lengths == nullptr) {
    add_product<double>(sizes, rows, depth, sources, n, n, error, n);
    return;
  }
  std::fill_n(norms, n, underflowing_squares);
  for (std::int64_t k = 0; k < depth; ++k) {
    const double* const from = sources + k * n;
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) norms[s] += from[s] * from[s];
  }
#pragma omp simd
  for (std::int64_t s = 0; s < n; ++s) norms[s] = std::sqrt(norms[s]);
  for (std::int64_t r = 0; r < rows; ++r) {
    const double length = lengths[r];
    double* const to = error + r * n;
#pragma omp simd
    for (std::int64_t s = 0; s < n; ++s) to[s] += length * norms[s];
  }
}

}  // namespace convexscan::cpu
