// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "convexscan/error.hpp"
#include "cpu/blas.hpp"
#include "cpu/curvature_pass.hpp"
#include "cpu/curvature_probe.hpp"
#include "cpu/hessian_vector.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/point_curvature.hpp"

namespace convexscan::cpu {
namespace {

/// Doubles of one thread's Krylov basis.
constexpr std::int64_t basis_doubles = std::int64_t{1} << 25;

/// Lanczos on exact Hessian-vector products at every point. The value is the Rayleigh quotient of
/// the smallest Ritz vector, computed once more by certified directional curvature: λ_min is at
/// most value + rounding, which proves non-convexity; nothing proves convexity. The error adds the
/// residual: an eigenvalue lies within it.
class MatrixFreePass final : public CurvaturePass {
 public:
  MatrixFreePass(const Objective& objective, const NetworkData<double>& data, const Slice& slice,
                 const QuantitySet& quantities, const EvaluationOptions& options,
                 EigensolverChoice eigensolver)
      : objective_(objective),
        data_(data),
        slice_(slice),
        quantities_(quantities),
        network_(data, slice),
        magnitudes_(network_),
        size_(static_cast<std::int64_t>(objective.subset.size())),
        eigensolver_(std::move(eigensolver)) {
    limits_.steps = std::clamp<std::int64_t>(basis_doubles / size_, 8, options.lanczos_steps);
    limits_.tolerance = 1e-7;
    // Every point starts from the origin's extreme vectors and something of every direction; not
    // from a neighbour, so that its bits do not depend on the points computed with it.
    start_ = scattered(size_, 1);
    const SingleThreadedBlas single;
    Workspace workspace(*this);
    const std::array<double, 2> origin{0.0, 0.0};
    const RitzPairs ritz = ritz_pairs(origin.data(), workspace);
    const double scale = 0.1 / std::sqrt(static_cast<double>(size_));
    for (std::size_t i = 0; i < ritz.smallest_vector.size(); ++i) {
      start_[i] = scale * start_[i] + ritz.smallest_vector[i] + ritz.largest_vector[i];
    }
  }

  EigensolverChoice eigensolver() const override { return eigensolver_; }

  std::int64_t points_per_tile() const override {
    const double work = 14.0 * static_cast<double>(data_.stride) *
                        static_cast<double>(network_.parameters) *
                        static_cast<double>(limits_.steps);
    const std::int64_t threads = omp_get_max_threads();
    return std::clamp<std::int64_t>(
        static_cast<std::int64_t>(2.5e9 * static_cast<double>(threads) / work), threads, 65536);
  }

  void evaluate(std::span<const double> coordinates, std::int64_t points,
                ValueTable& table) override {
    make_columns(quantities_, points, 1, table);
    const SingleThreadedBlas single;
    const int threads =
        static_cast<int>(std::clamp<std::int64_t>(points, 1, omp_get_max_threads()));
    while (static_cast<int>(workspaces_.size()) < threads) {
      workspaces_.push_back(std::make_unique<Workspace>(*this));
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::int64_t p = 0; p < points; ++p) {
      Workspace& work = *workspaces_[static_cast<std::size_t>(omp_get_thread_num())];
      store(at(coordinates.data() + p * network_.axes, work), p, table);
    }
  }

 private:
  struct Workspace {
    explicit Workspace(const MatrixFreePass& pass)
        : product(pass.objective_, pass.data_, pass.slice_),
          factors(pass.data_),
          prober(pass.objective_, pass.network_, pass.magnitudes_, pass.slice_, factors) {}
    HessianVector product;
    FactorWorkspace factors;
    Prober prober;
  };

  RitzPairs ritz_pairs(const double* coordinates, Workspace& work) const {
    work.product.set_point(coordinates);
    return lanczos([&](const double* x, double* y) { work.product.apply(x, 1, y); }, start_,
                   limits_);
  }

  PointCurvature at(const double* coordinates, Workspace& work) const {
    PointCurvature curvature;
    curvature.settled_by = SettledBy::lanczos;
    const RitzPairs ritz = ritz_pairs(coordinates, work);
    if (std::isnan(ritz.smallest) || ritz.smallest_vector.empty()) return curvature;
    const BoundedValue smallest = work.prober.rayleigh(coordinates, ritz.smallest_vector);
    curvature.min_eigenvalue = smallest.value;
    curvature.error =
        smallest.error + ritz.smallest_residual + std::fabs(smallest.value - ritz.smallest);
    curvature.max_eigenvalue = ritz.largest;
    if (smallest.value + smallest.error < 0.0) curvature.verdict = Verdict::not_convex;
    curvature.required_l2 = curvature.verdict == Verdict::not_convex ? -0.5 * smallest.value : 0.0;
    return curvature;
  }

  const Objective& objective_;
  const NetworkData<double>& data_;
  const Slice slice_;
  const QuantitySet quantities_;
  const NetworkSlice<double> network_;
  const SliceMagnitudes magnitudes_;
  const std::int64_t size_;
  const EigensolverChoice eigensolver_;
  LanczosLimits limits_;
  std::vector<double> start_;
  std::vector<std::unique_ptr<Workspace>> workspaces_;
};

}  // namespace

std::unique_ptr<CurvaturePass> make_matrix_free_pass(const Objective& objective,
                                                     const NetworkData<double>& data,
                                                     const Slice& slice,
                                                     const QuantitySet& quantities,
                                                     const EvaluationOptions& options,
                                                     EigensolverChoice eigensolver) {
  using enum Quantity;
  for (const Quantity quantity :
       {negative_count, near_zero_count, positive_count, trace, layer_min_eigenvalue}) {
    if (quantities.contains(quantity)) {
      throw UsageError(
          fmt::format("--quantities {}: needs the whole Hessian of {} parameters; --eigensolver "
                      "cusolver forms it",
                      info(quantity).name, objective.subset.size()));
    }
  }
  const std::vector<double> weights = required_weights(objective);
  if (quantities.contains(required_l2) &&
      !std::ranges::all_of(weights, [](double w) { return w == 1.0; })) {
    throw UsageError(
        "--quantities required_l2: with weights that differ it needs the whole Hessian; "
        "--eigensolver cusolver forms it");
  }
  return std::make_unique<MatrixFreePass>(objective, data, slice, quantities, options,
                                          std::move(eigensolver));
}

}  // namespace convexscan::cpu
