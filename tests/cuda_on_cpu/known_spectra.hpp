// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "cpu/dense_eigenvalues.hpp"
#include "random_networks.hpp"

namespace convexscan::cuda_on_cpu {

/// Q·diag(spectrum)·Qᵀ for three random reflections, in long double, rounded once: row-major.
inline std::vector<double> matrix_with(const std::vector<double>& spectrum, std::uint64_t seed) {
  const std::size_t n = spectrum.size();
  std::vector<long double> a(n * n, 0.0L);
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] = spectrum[i];
  for (std::uint64_t k = 0; n > 1 && k < 3; ++k) {
    const std::vector<double> v = random_numbers(static_cast<std::int64_t>(n), 10 * seed + k);
    // A ← A − (2/vᵀv)(v wᵀ + w vᵀ) + (4 vᵀw/(vᵀv)²) v vᵀ,  w = Av
    std::vector<long double> w(n, 0.0L);
    long double square = 0.0L;
    long double form = 0.0L;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) w[i] += a[i * n + j] * v[j];
      square += static_cast<long double>(v[i]) * v[i];
      form += v[i] * w[i];
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        a[i * n + j] += -2.0L / square * (v[i] * w[j] + w[i] * v[j]) +
                        4.0L * form / (square * square) * v[i] * v[j];
      }
    }
  }
  return {a.begin(), a.end()};
}

inline std::vector<double> joined(const std::vector<std::vector<double>>& matrices) {
  std::vector<double> all;
  for (const auto& matrix : matrices) all.insert(all.end(), matrix.begin(), matrix.end());
  return all;
}

inline double norm_of(const std::vector<double>& matrix, std::size_t n) {
  return cpu::frobenius_norm(matrix.data(), static_cast<std::int64_t>(n));
}

}  // namespace convexscan::cuda_on_cpu
