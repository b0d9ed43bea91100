// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/isolated_eigenpair.hpp"

#include <cblas.h>

#include <cmath>

#include "cpu/lapack.hpp"
#include "shared/isolation_rules.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return cblas_ddot(static_cast<blasint>(a.size()), a.data(), 1, b.data(), 1);
}

double length(const std::vector<double>& a) { return std::sqrt(dot(a, a)); }

/// A + τ·v·vᵀ − s·I, deflated and factorised.
class DeflatedFactor {
 public:
  DeflatedFactor(const double* matrix, std::int64_t n, double norm, const RitzPairs& ritz,
                 DenseScratch& scratch)
      : n_(n),
        deflation_(shared::deflation(ritz.smallest, ritz.smallest_residual, ritz.largest, norm)),
        direction_(ritz.smallest_vector),
        factor_(scratch.matrix),
        solved_(scratch.solved) {
    factor_.resize(static_cast<std::size_t>(n * n));
    double diagonal_sum = 0.0;
    for (std::int64_t r = 0; r < n; ++r) {
      const double* const from = matrix + r * n;
      double* const to = factor_.data() + r * n;
      const double scale = deflation_.weight * direction_[static_cast<std::size_t>(r)];
      const double* const v = direction_.data();
      for (std::int64_t c = 0; c <= r; ++c) to[c] = from[c] + scale * v[c];
      diagonal_sum += std::fabs(to[r] - shift());
    }
    const double c = shift() + deflation_.rounding + cholesky_allowance(diagonal_sum, n);
    for (std::int64_t r = 0; r < n; ++r) factor_[static_cast<std::size_t>(r * n + r)] -= c;
    succeeded_ = cholesky(factor_.data(), n) == 0;
    if (!succeeded_) return;
    solved_ = direction_;
    solve_cholesky(factor_.data(), n_, solved_.data());
    correction_ = deflation_.weight / (1.0 - deflation_.weight * dot(direction_, solved_));
  }

  /// Whether λ₂(A) ≥ shift() is proved.
  bool succeeded() const { return succeeded_; }
  double shift() const { return deflation_.shift; }

  /// x ← (A − s·I)⁻¹x = y + τ·(vᵀy)/(1 − τ·vᵀz)·z with G·y = x, G·z = v, G = A + τ·v·vᵀ − s·I.
  void solve(std::vector<double>& x) const {
    solve_cholesky(factor_.data(), n_, x.data());
    const double share = correction_ * dot(direction_, x);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += share * solved_[i];
  }

 private:
  const std::int64_t n_;
  const shared::Deflation deflation_;
  const std::vector<double>& direction_;
  std::vector<double>& factor_;
  std::vector<double>& solved_;
  double correction_ = 0.0;
  bool succeeded_ = false;
};

}  // namespace

void DenseScratch::reserve(std::int64_t n, bool isolated) {
  const auto size = static_cast<std::size_t>(n);
  solver.reserve(n);
  if (!isolated) return;
  matrix.reserve(size * size);
  product.reserve(size);
  solved.reserve(size);
  pair.vector.reserve(size);
  lanczos.reserve(n, shared::isolation_steps(n));
}

double cholesky_allowance(double diagonal_sum, std::int64_t n) {
  return shared::gamma_bound(n + 10) * diagonal_sum;
}

const IsolatedEigenpair* isolated_smallest(const double* matrix, std::int64_t n, double norm,
                                           double accepted, const std::vector<double>& start,
                                           DenseScratch& scratch) {
  const RitzPairs& ritz =
      scratch.lanczos([&](const double* x, double* y) { symmetric_product(matrix, n, x, y); },
                      start, {.steps = shared::isolation_steps(n), .isolation = shared::isolation});
  if (ritz.smallest_vector.empty() ||
      !shared::is_isolated(ritz.smallest, ritz.smallest_residual, ritz.second)) {
    return nullptr;
  }
  const DeflatedFactor factor(matrix, n, norm, ritz, scratch);
  if (!factor.succeeded()) return nullptr;

  IsolatedEigenpair& pair = scratch.pair;
  pair.vector = ritz.smallest_vector;
  pair.second = factor.shift();
  std::vector<double>& product = scratch.product;
  product.resize(pair.vector.size());
  // |fl(Av) − Av| ≤ γ_n|A||v|, and the subtraction's own.
  const double rounding = shared::gamma_bound(n + 4) * norm;
  double before = HUGE_VAL;
  for (int k = 0;; ++k) {
    symmetric_product(matrix, n, pair.vector.data(), product.data());
    const double square = dot(pair.vector, pair.vector);
    pair.value = dot(pair.vector, product) / square;
    double rest = 0.0;
    for (std::size_t i = 0; i < product.size(); ++i) {
      const double difference = product[i] - pair.value * pair.vector[i];
      rest += difference * difference;
    }
    rest = std::sqrt(rest / square);
    pair.residual = 1.000001 * rest + 2.0 * rounding;
    if (pair.residual * pair.residual <= accepted * (pair.second - pair.value)) return &pair;
    if (k == shared::inverse_iterations || !(rest < 0.7 * before)) return nullptr;
    before = rest;
    factor.solve(pair.vector);
    const double size = length(pair.vector);
    for (double& x : pair.vector) x /= size;
  }
}

}  // namespace convexscan::cpu
