// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include "convexscan/curvature.hpp"
#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lapack.hpp"
#include "shared/rounding.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

constexpr double u = shared::unit_roundoff;

using Indices = std::vector<std::int64_t>;

/// Entries of a symmetric matrix (size, size) that is given below the diagonal, row-major.
std::vector<double> taken(std::span<const double> matrix, std::int64_t size, const Indices& rows,
                          const Indices& columns) {
  std::vector<double> part;
  part.reserve(rows.size() * columns.size());
  for (const std::int64_t r : rows) {
    for (const std::int64_t c : columns) {
      part.push_back(matrix[static_cast<std::size_t>(std::max(r, c) * size + std::min(r, c))]);
    }
  }
  return part;
}

/// H₁₁ − H₁₂ H₂₂⁻¹ H₂₁ (n, n) below the diagonal: what is left of the curvature of the coordinates
/// 1 when the coordinates 2 are where they like.
struct Schur {
  std::vector<double> matrix;
  double error = 0.0;    ///< bound on the norm of its error
  bool positive = true;  ///< whether H₂₂ is positive definite beyond the bound; else no matrix
  bool indefinite = false;  ///< whether it is proved not to be
};

/// With ‖computed − exact‖ ≤ δ for H, vectors x and the minimisers −Xx of either, X = H₂₂⁻¹H₂₁,
///   |xᵀ(S − Ŝ)x| ≤ δ(1 + ‖X‖²)xᵀx  with the larger of both X, and  ‖X − X̂‖ ≤ δ(1 +
///   ‖X̂‖)/λ_min(H₂₂).
/// What is computed is the exact complement of a matrix that is further from H by the roundings of
/// a factorisation, of a triangular solution and of a product (Higham, *Accuracy and Stability*,
/// 2nd ed., theorems 10.3 and 8.5).
Schur schur_complement(std::span<const double> hessian, std::int64_t size, const Indices& kept,
                       const Indices& free, double bound) {
  const auto n = static_cast<std::int64_t>(kept.size());
  const auto m = static_cast<std::int64_t>(free.size());
  Schur schur{taken(hessian, size, kept, kept), bound};
  if (m == 0) return schur;
  std::vector<double> block = taken(hessian, size, free, free);
  double trace = 0.0;
  for (std::int64_t i = 0; i < m; ++i)
    trace += std::fabs(block[static_cast<std::size_t>(i * m + i)]);
  const cpu::DenseEigenvalues of_block(block.data(), m);
  const double allowance = bound + of_block.error();
  schur.indefinite = of_block.smallest() < -allowance;
  schur.positive = of_block.smallest() > allowance;
  if (!schur.positive) return schur;
  block = taken(hessian, size, free, free);
  schur.positive = cpu::cholesky(block.data(), m) == 0;
  if (!schur.positive || n == 0) return schur;

  std::vector<double> half = taken(hessian, size, free, kept);  // L⁻¹H₂₁ (m, n)
  cpu::solve_lower(block.data(), m, m, half.data(), n, n);
  const double size_of_kept = cpu::frobenius_norm(schur.matrix.data(), n);
  double square = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < m; ++k) {
        sum +=
            half[static_cast<std::size_t>(k * n + i)] * half[static_cast<std::size_t>(k * n + j)];
      }
      schur.matrix[static_cast<std::size_t>(i * n + j)] -= sum;
      if (i == j) square += sum;
    }
  }
  square *= 1.0 + shared::gamma_bound(m + n);  // ‖L⁻¹H₂₁‖_F², with ‖L‖_F² ≤ tr H₂₂
  const double gamma = shared::gamma_bound(m + 12);
  const double factor = 1.01 * gamma * trace;
  const double delta = bound + factor + 2.0 * gamma * std::sqrt(1.01 * trace * square) +
                       gamma * (square + size_of_kept);
  const double least = of_block.smallest() - of_block.error();
  if (!(least > delta)) {
    schur.error = infinity;
    return schur;
  }
  const double computed = std::sqrt(square / (least - factor));
  const double largest = computed + delta * (1.0 + computed) / (least - delta);
  schur.error = 1.01 * delta * (1.0 + largest * largest);
  return schur;
}

}  // namespace

RequiredL2 required_l2(double min_eigenvalue, double error) {
  if (std::isnan(min_eigenvalue) || std::isnan(error)) return {nan, nan};
  if (min_eigenvalue < -error) return {-0.5 * min_eigenvalue, 0.5 * error};
  return {0.0, std::max(0.0, 0.5 * (error - min_eigenvalue))};
}

RequiredL2 required_l2(std::span<const double> hessian, std::int64_t size,
                       std::span<const double> weights, double bound) {
  Indices free;  // without weight
  Indices held;
  for (std::int64_t i = 0; i < size; ++i) {
    (weights[static_cast<std::size_t>(i)] > 0.0 ? held : free).push_back(i);
  }
  const auto n = static_cast<std::int64_t>(held.size());
  if (std::isnan(bound)) return {nan, nan};
  Schur schur = schur_complement(hessian, size, held, free, bound);
  if (!schur.positive) return {infinity, schur.indefinite ? 0.0 : infinity};
  if (n == 0) return {0.0, 0.0};

  // λ is as many times larger as the weights are smaller; near 1 nothing overflows on the way.
  double heaviest = 0.0;
  for (const std::int64_t i : held)
    heaviest = std::max(heaviest, weights[static_cast<std::size_t>(i)]);
  const int exponent = std::ilogb(heaviest);
  const auto weight = [&](std::int64_t i) {
    return std::ldexp(weights[static_cast<std::size_t>(held[static_cast<std::size_t>(i)])],
                      -exponent);
  };
  double lightest = infinity;
  for (std::int64_t i = 0; i < n; ++i) {
    lightest = std::min(lightest, weight(i));
    for (std::int64_t j = 0; j <= i; ++j) {
      schur.matrix[static_cast<std::size_t>(i * n + j)] /=
          std::sqrt(weight(i)) * std::sqrt(weight(j));
    }
  }
  const double norm = cpu::frobenius_norm(schur.matrix.data(), n);
  const cpu::DenseEigenvalues eigenvalues(schur.matrix.data(), n);
  const double smallest = eigenvalues.smallest();
  if (std::isnan(smallest)) return {nan, nan};
  const double error = 1.01 * schur.error / lightest + 8.0 * u * norm + eigenvalues.error();
  RequiredL2 needed = convexscan::required_l2(smallest, error);
  needed = {std::ldexp(needed.value, -exponent), std::ldexp(needed.error, -exponent)};
  if (needed.value > 0.0) return needed;
  // Weights that differ by many decades magnify rounding until nothing can be said; 0 is only right
  // where the Hessian itself is not proved to be indefinite.
  const auto entries = static_cast<std::ptrdiff_t>(size * size);
  std::vector<double> whole(hessian.begin(), hessian.begin() + entries);
  const cpu::DenseEigenvalues of_hessian(whole.data(), size);
  const bool open = of_hessian.smallest() < -(bound + of_hessian.error());
  return open ? RequiredL2{nan, nan} : needed;
}

}  // namespace convexscan
