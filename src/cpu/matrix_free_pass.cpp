// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/blas.hpp"
#include "cpu/curvature_pass.hpp"
#include "cpu/curvature_probe.hpp"
#include "cpu/hessian_vector.hpp"
#include "cpu/matrix_free_curvature.hpp"
#include "cpu/product_error.hpp"

namespace convexscan::cpu {
namespace {

/// Lanczos on exact Hessian-vector products at every point.
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
    limits_ = matrix_free_limits(objective, options.lanczos_steps);
    start_ = first_start(size_);
    const SingleThreadedBlas single;
    Workspace workspace(*this);
    const std::array<double, 2> origin{0.0, 0.0};
    const RitzPairs ritz = ritz_pairs(origin.data(), workspace);
    start_from(ritz.smallest_vector, ritz.largest_vector, start_);
  }

  EigensolverChoice eigensolver() const override {
    EigensolverChoice choice = eigensolver_;
    if (fewest_steps_ <= size_) choice.reason += "; " + likely_statement(size_, fewest_steps_);
    return choice;
  }

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
    make_columns(objective_, quantities_, points, 1, table);
    const SingleThreadedBlas single;
    const int threads =
        static_cast<int>(std::clamp<std::int64_t>(points, 1, omp_get_max_threads()));
    while (static_cast<int>(workspaces_.size()) < threads) {
      workspaces_.push_back(std::make_unique<Workspace>(*this));
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::int64_t p = 0; p < points; ++p) {
      Workspace& work = *workspaces_[static_cast<std::size_t>(omp_get_thread_num())];
      store(objective_, at(coordinates.data() + p * network_.axes, work), p, table);
    }
  }

 private:
  struct Workspace {
    explicit Workspace(const MatrixFreePass& pass)
        : product(pass.objective_, pass.data_, pass.slice_),
          factors(pass.data_),
          prober(pass.objective_, pass.network_, pass.magnitudes_, pass.slice_, factors),
          theta(static_cast<std::size_t>(pass.network_.parameters)),
          magnitude(theta.size()) {}
    HessianVector product;
    FactorWorkspace factors;
    Prober prober;
    Aligned<double> theta;
    Aligned<double> magnitude;
  };

  RitzPairs ritz_pairs(const double* coordinates, Workspace& work) const {
    work.product.set_point(coordinates);
    return lanczos([&](const double* x, double* y) { work.product.apply(x, 1, y); }, start_,
                   limits_);
  }

  PointCurvature at(const double* coordinates, Workspace& work) {
    const RitzPairs ritz = ritz_pairs(coordinates, work);
    const bool found = !std::isnan(ritz.smallest) && !ritz.smallest_vector.empty();
    if (!found) return {};
#pragma omp critical(fewest_steps)
    fewest_steps_ = std::min(fewest_steps_, ritz.steps);
    network_.weights_at(coordinates, 0, work.theta.data());
    magnitudes_.at(coordinates, work.magnitude.data());
    const HessianPoint point{network_, magnitudes_, coordinates, work.theta.data(),
                             work.magnitude.data()};
    return matrix_free_curvature(ritz, size_,
                                 work.prober.rayleigh(coordinates, ritz.smallest_vector),
                                 product_error(objective_, slice_, point, work.factors));
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
  std::int64_t fewest_steps_ = std::numeric_limits<std::int64_t>::max();  ///< at any point
  std::vector<std::unique_ptr<Workspace>> workspaces_;
};

}  // namespace

std::unique_ptr<CurvaturePass> make_matrix_free_pass(const Objective& objective,
                                                     const NetworkData<double>& data,
                                                     const Slice& slice,
                                                     const QuantitySet& quantities,
                                                     const EvaluationOptions& options,
                                                     EigensolverChoice eigensolver) {
  require_matrix_free(objective, quantities);
  return std::make_unique<MatrixFreePass>(objective, data, slice, quantities, options,
                                          std::move(eigensolver));
}

}  // namespace convexscan::cpu
