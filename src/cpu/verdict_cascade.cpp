// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/verdict_cascade.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lapack.hpp"
#include "cpu/point_curvature.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

constexpr std::int64_t lanczos_steps = 24;

/// Whether A + shift·I − c·I has a Cholesky factorisation, c covering its rounding (Rump 2006).
bool factorises(const double* matrix, std::int64_t n, double shift, std::vector<double>& scratch) {
  double size = 0.0;
  for (std::int64_t i = 0; i < n; ++i) size += std::fabs(matrix[i * n + i] + shift);
  const double c = cholesky_allowance(size, n);
  scratch.assign(matrix, matrix + n * n);
  for (std::int64_t i = 0; i < n; ++i) {
    double& entry = scratch[static_cast<std::size_t>(i * n + i)];
    entry += shift - c;
    if (!(entry > 0.0)) return false;
  }
  return cholesky(scratch.data(), n) == 0;
}

/// The eigenvector of λ_min at the slice's origin (size); empty where that is not finite.
std::vector<double> origin_eigenvector(const NetworkHessian& hessian) {
  NetworkHessian::Workspace workspace(hessian);
  std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
  const std::array<double, 2> origin{0.0, 0.0};
  const double bound = hessian.assemble(origin.data(), workspace, matrix.data());
  std::vector<double> vector(static_cast<std::size_t>(hessian.size()));
  double value = 0.0;
  if (!std::isfinite(bound) || !eigenpair(matrix.data(), hessian.size(), 0, value, vector)) {
    vector.clear();
  }
  return vector;
}

}  // namespace

SettledVerdict matrix_verdict(const double* matrix, std::int64_t n, double bound,
                              const std::vector<double>& start, DenseScratch& scratch) {
  if (!std::isfinite(bound)) return {};
  if (const double scale = safe_scale(matrix, n); scale != 1.0) {
    std::vector<double> scaled(matrix, matrix + n * n);
    for (double& entry : scaled) entry *= scale;
    return matrix_verdict(scaled.data(), n, bound * scale, start, scratch);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    if (matrix[i * n + i] < -bound) return {Verdict::not_convex, SettledBy::diagonal};
  }
  // A Ritz value is a Rayleigh quotient: λ_min is below it, up to the rounding of one product.
  const double norm = frobenius_norm(matrix, n);
  const double rounding = shared::gamma_bound(4 * n + 8) * norm;
  const RitzPairs& ritz =
      scratch.lanczos([&](const double* x, double* y) { symmetric_product(matrix, n, x, y); },
                      start, {.steps = lanczos_steps, .below = -(bound + rounding)});
  if (ritz.smallest < -(bound + rounding)) {
    std::vector<double>& product = scratch.product;
    product.resize(start.size());
    symmetric_product(matrix, n, ritz.smallest_vector.data(), product.data());
    double quotient = 0.0;
    for (std::size_t i = 0; i < product.size(); ++i)
      quotient += product[i] * ritz.smallest_vector[i];
    if (quotient < -(bound + rounding)) return {Verdict::not_convex, SettledBy::lanczos};
  }
  if (factorises(matrix, n, -bound, scratch.matrix))
    return {Verdict::locally_convex, SettledBy::cholesky};
  if (factorises(matrix, n, bound + solver_error(norm, n), scratch.matrix)) {
    return {Verdict::undecided, SettledBy::cholesky};
  }
  scratch.matrix.assign(matrix, matrix + n * n);
  DenseEigenvalues& eigenvalues = scratch.solver;
  eigenvalues.reduce(scratch.matrix.data(), n);
  if (std::isnan(eigenvalues.smallest())) return {};
  return {verdict_of(eigenvalues.smallest(), bound + eigenvalues.error()), SettledBy::dense};
}

VerdictCascade::VerdictCascade(const Objective& objective, const NetworkSlice<double>& network,
                               const NetworkHessian& hessian, const Slice& slice)
    : objective_(objective),
      network_(network),
      hessian_(hessian),
      slice_(slice),
      start_(scattered(hessian.size(), 1)) {
  const std::vector<double> vector = origin_eigenvector(hessian);
  known_.emplace(objective, network.data, hessian.magnitudes(), slice, vector);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    start_[i] = 0.1 * start_[i] / std::sqrt(static_cast<double>(vector.size())) + vector[i];
  }
}

VerdictCascade::Workspace::Workspace(const VerdictCascade& cascade)
    : hessian(cascade.hessian_),
      prober(cascade.objective_, cascade.network_, cascade.hessian_.magnitudes(), cascade.slice_,
             hessian.factors),
      matrix(static_cast<std::size_t>(cascade.hessian_.matrix_doubles())) {}

SettledVerdict VerdictCascade::verdict(const double* coordinates, Workspace& work) const {
  if (const auto stage = known_->curve_down(coordinates, work.prober)) {
    return {Verdict::not_convex, *stage};
  }
  const double bound = hessian_.assemble(coordinates, work.hessian, work.matrix.data());
  SettledVerdict settled =
      matrix_verdict(work.matrix.data(), hessian_.size(), bound, start_, work.scratch);
  withhold_at_kink(work.hessian.kinks, settled.verdict, settled.stage);
  return settled;
}

}  // namespace convexscan::cpu
