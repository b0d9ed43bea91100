// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "weighted_curvature.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include "convexscan/backend.hpp"
#include "convexscan/scan.hpp"
#include "cpu/blas.hpp"
#include "cpu/curvature_probe.hpp"
#include "cpu/dense_eigenvalues.hpp"
#include "cpu/hessian.hpp"
#include "cpu/hessian_vector.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/landscape_hessian.hpp"
#include "shared/rounding.hpp"

namespace convexscan {

WeightedCurvature::WeightedCurvature(const Objective& objective, std::span<const double> weights)
    : objective_(objective), lightest_(std::numeric_limits<double>::infinity()) {
  for (const std::int64_t i : objective.subset) {
    const double w = weights[static_cast<std::size_t>(i)];
    roots_.push_back(std::sqrt(w));
    lightest_ = std::min(lightest_, w);
  }
  if (const NetworkTask* network = objective.network()) {
    data_ = std::make_unique<cpu::NetworkData<double>>(*network);
  }
}

std::vector<LeastCurvature> WeightedCurvature::at(const std::vector<std::vector<double>>& thetas,
                                                  const std::atomic<bool>* stop) {
  const auto stopped = [stop] { return stop != nullptr && stop->load(); };
  const bool fits =
      static_cast<std::int64_t>(objective_.subset.size()) <= EvaluationOptions{}.dense_limit;
  std::vector<LeastCurvature> found(thetas.size());
  std::exception_ptr failure;
  work_.resize(std::max(work_.size(), static_cast<std::size_t>(omp_get_max_threads())));
  const cpu::SingleThreadedBlas single;
#pragma omp parallel for schedule(dynamic, 1) if (thetas.size() > 1)
  for (std::size_t k = 0; k < thetas.size(); ++k) {
    if (stopped()) continue;
    try {
      if (fits) {
        found[k] = dense(thetas[k]);
        continue;
      }
      auto& work = work_[static_cast<std::size_t>(omp_get_thread_num())];
      if (!work) work = std::make_unique<cpu::FactorWorkspace>(*data_);
      found[k] = matrix_free(thetas[k], *work);
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  if (stopped()) throw Interrupted();
  return found;
}

LeastCurvature WeightedCurvature::of_vector(double value, double error,
                                            const std::vector<double>& vector) const {
  LeastCurvature curvature{value, error, value - error, {}};
  curvature.direction.assign(static_cast<std::size_t>(objective_.parameter_count()), 0.0);
  for (std::size_t k = 0; k < vector.size(); ++k) {
    curvature.direction[static_cast<std::size_t>(objective_.subset[k])] = vector[k] / roots_[k];
  }
  return curvature;
}

LeastCurvature WeightedCurvature::dense(const std::vector<double>& theta) const {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Slice slice{theta, {}};
  const std::size_t n = roots_.size();
  std::vector<double> matrix;
  double bound = 0.0;
  if (data_) {
    const cpu::NetworkSlice<double> network(*data_, slice);
    const cpu::NetworkHessian hessian(objective_, network, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    matrix.resize(static_cast<std::size_t>(hessian.matrix_doubles()));
    bound = hessian.assemble(nullptr, workspace, matrix.data());
  } else {
    bound = cpu::landscape_hessian(objective_, slice, nullptr, matrix);
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c <= r; ++c) matrix[r * n + c] /= roots_[r] * roots_[c];
  }
  const auto size = static_cast<std::int64_t>(n);
  const double norm = cpu::frobenius_norm(matrix.data(), size);
  if (!std::isfinite(bound) || !std::isfinite(norm)) return {nan, nan, nan, {}};
  cpu::DenseEigenvalues eigenvalues(matrix.data(), size);
  const std::vector<double>& vector = eigenvalues.smallest_vector();
  if (vector.empty()) return {nan, nan, nan, {}};
  const double scaling = shared::gamma_bound(6) * norm;  // two roots, their product, a division
  return of_vector(eigenvalues.smallest(), 1.01 * bound / lightest_ + scaling + eigenvalues.error(),
                   vector);
}

LeastCurvature WeightedCurvature::matrix_free(const std::vector<double>& theta,
                                              cpu::FactorWorkspace& work) const {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Slice slice{theta, {}};
  cpu::HessianVector product(objective_, *data_, slice);
  product.set_point(nullptr);
  std::vector<double> scaled(roots_.size());
  const auto apply = [&](const double* x, double* y) {
    for (std::size_t k = 0; k < scaled.size(); ++k) scaled[k] = x[k] / roots_[k];
    product.apply(scaled.data(), 1, y);
    for (std::size_t k = 0; k < scaled.size(); ++k) y[k] /= roots_[k];
  };
  const cpu::RitzPairs ritz =
      cpu::lanczos(apply, cpu::scattered(static_cast<std::int64_t>(roots_.size()), 1),
                   {.steps = 100, .tolerance = 1e-7});
  if (ritz.smallest_vector.empty() || !std::isfinite(ritz.smallest)) return {nan, nan, nan, {}};
  // vᵀHv of the vector v = W^−½u itself, u the Ritz vector, with the rounding of all of it: what
  // the steps of Lanczos add up to is known to their residual, and no proof.
  std::vector<double> v = ritz.smallest_vector;
  for (std::size_t k = 0; k < v.size(); ++k) v[k] /= roots_[k];
  const cpu::NetworkSlice<double> network(*data_, slice);
  const cpu::SliceMagnitudes magnitudes(network);
  cpu::Prober prober(objective_, network, magnitudes, slice, work);
  const cpu::ValueWithError rayleigh = prober.rayleigh(nullptr, v);
  double lengths = 0.0;   // vᵀv
  double measures = 0.0;  // vᵀWv
  for (std::size_t k = 0; k < v.size(); ++k) {
    lengths += v[k] * v[k];
    measures += ritz.smallest_vector[k] * ritz.smallest_vector[k];
  }
  const double scale = lengths / measures;
  const double value = scale * rayleigh.value;
  const double error = 1.01 * scale * rayleigh.error +
                       2.0 * shared::gamma_bound(std::ssize(v) + 4) * std::fabs(value);
  if (!std::isfinite(value) || !std::isfinite(error)) return {nan, nan, nan, {}};
  LeastCurvature found = of_vector(value, error, ritz.smallest_vector);
  found.least_possible = -std::numeric_limits<double>::infinity();
  return found;
}

}  // namespace convexscan
