// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/curvature.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lapack.hpp"
#include "named.hpp"
#include "shared/rounding.hpp"

namespace convexscan {
namespace {

constexpr std::array<std::string_view, 4> eigensolver_names{"auto", "cusolver", "cascade",
                                                            "lanczos"};
constexpr std::array<std::string_view, 7> stage_names{
    "nothing", "plane", "eigenvector", "diagonal", "lanczos", "cholesky", "dense"};

}  // namespace

Eigensolver parse_eigensolver(std::string_view text) {
  return static_cast<Eigensolver>(index_of_name("eigensolver", text, eigensolver_names));
}

std::string_view name(Eigensolver eigensolver) {
  return eigensolver_names[static_cast<std::size_t>(eigensolver)];
}

std::string_view name(SettledBy stage) { return stage_names[static_cast<std::size_t>(stage)]; }

Verdict verdict_of(double min_eigenvalue, double bound) {
  if (min_eigenvalue > bound) return Verdict::locally_convex;
  if (min_eigenvalue < -bound) return Verdict::not_convex;
  return Verdict::undecided;
}

double required_l2(std::span<const double> hessian, std::int64_t size,
                   std::span<const double> weights, double bound) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto entry = [&](std::int64_t i, std::int64_t j) {
    return hessian[static_cast<std::size_t>(std::max(i, j) * size + std::min(i, j))];
  };
  std::vector<std::int64_t> free;  // without weight
  std::vector<std::int64_t> held;
  for (std::int64_t i = 0; i < size; ++i) {
    (weights[static_cast<std::size_t>(i)] > 0.0 ? held : free).push_back(i);
  }
  const auto m = static_cast<std::int64_t>(free.size());
  const auto n = static_cast<std::int64_t>(held.size());
  const auto take = [&](const std::vector<std::int64_t>& rows,
                        const std::vector<std::int64_t>& columns) {
    std::vector<double> matrix;
    matrix.reserve(rows.size() * columns.size());
    for (const std::int64_t r : rows) {
      for (const std::int64_t c : columns) matrix.push_back(entry(r, c));
    }
    return matrix;
  };

  // H₁₁ − H₁₂ H₂₂⁻¹ H₂₁ with H₂₂ = L·Lᵀ: what is left of the penalised coordinates' curvature when
  // the others are where they like.
  std::vector<double> left = take(held, held);
  double magnified = bound;
  if (m > 0) {
    std::vector<double> block = take(free, free);
    const cpu::DenseEigenvalues of_block(block.data(), m);
    const double smallest = of_block.smallest();
    if (!(smallest > bound + of_block.error())) return infinity;
    if (n == 0) return 0.0;
    block = take(free, free);
    if (cpu::cholesky(block.data(), m) != 0) return infinity;
    std::vector<double> half = take(free, held);
    cpu::solve_lower(block.data(), m, m, half.data(), n, n);
    double square = 0.0;
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j <= i; ++j) {
        double sum = 0.0;
        for (std::int64_t k = 0; k < m; ++k) {
          sum +=
              half[static_cast<std::size_t>(k * n + i)] * half[static_cast<std::size_t>(k * n + j)];
        }
        left[static_cast<std::size_t>(i * n + j)] -= sum;
        if (i == j) square += sum;
      }
    }
    // A perturbation δ of H moves the Schur complement by at most δ(1 + ‖H₂₂⁻¹H₂₁‖)².
    magnified *= std::pow(1.0 + std::sqrt(square / smallest), 2.0);
  }
  double lightest = infinity;
  for (std::int64_t i = 0; i < n; ++i) {
    const double wi = weights[static_cast<std::size_t>(held[static_cast<std::size_t>(i)])];
    lightest = std::min(lightest, wi);
    for (std::int64_t j = 0; j <= i; ++j) {
      const double wj = weights[static_cast<std::size_t>(held[static_cast<std::size_t>(j)])];
      left[static_cast<std::size_t>(i * n + j)] /= std::sqrt(wi) * std::sqrt(wj);
    }
  }
  if (n == 0) return 0.0;
  const cpu::DenseEigenvalues eigenvalues(left.data(), n);
  const double smallest = eigenvalues.smallest();
  if (std::isnan(smallest) || std::isnan(bound)) return nan;
  if (smallest < -(magnified / lightest + eigenvalues.error())) return -0.5 * smallest;
  // Weights that differ by many decades magnify rounding until nothing can be said; 0 is only right
  // where the Hessian itself is not proved to be indefinite.
  const auto every = static_cast<std::size_t>(size);
  std::vector<double> whole(hessian.begin(),
                            hessian.begin() + static_cast<std::ptrdiff_t>(every * every));
  const cpu::DenseEigenvalues of_hessian(whole.data(), size);
  return of_hessian.smallest() < -(bound + of_hessian.error()) ? nan : 0.0;
}

}  // namespace convexscan
