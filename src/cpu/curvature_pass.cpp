// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/curvature_pass.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "cpu/blas.hpp"
#include "cpu/hessian.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/point_curvature.hpp"
#include "cpu/verdict_cascade.hpp"

namespace convexscan::cpu {
namespace {

/// Assembles the Hessian at every point, or settles the verdict without. With the cascade, λ_min
/// comes alone.
class DensePass final : public CurvaturePass {
 public:
  DensePass(const Objective& objective, const NetworkData<double>& data, const Slice& slice,
            const QuantitySet& quantities, EigensolverChoice eigensolver)
      : objective_(objective),
        data_(data),
        slice_(slice),
        quantities_(quantities),
        network_(data, slice),
        hessian_(objective, network_, slice),
        weights_(required_weights(objective)),
        eigensolver_(std::move(eigensolver)) {
    for (int l = 0; l < hessian_.layout().depth(); ++l) {
      layers_.emplace_back(hessian_.layout().layer_begin(l), hessian_.layout().layer_end(l));
    }
    const SingleThreadedBlas single;
    if (eigensolver_.eigensolver != Eigensolver::cascade) return;
    if (needs_only_verdict(quantities)) {
      cascade_ = std::make_unique<VerdictCascade>(objective, network_, hessian_, slice_);
    } else {
      // Not from the origin's eigenvector: with the smallest Ritz value all but converged from the
      // start, the second has no time to say how far the next eigenvalue is.
      start_ = scattered(hessian_.size(), 1);
    }
  }

  EigensolverChoice eigensolver() const override { return eigensolver_; }

  std::int64_t points_per_tile() const override {
    // Assembly and tridiagonalisation at some ten GFLOP/s.
    const auto size = static_cast<double>(hessian_.size());
    const double work = static_cast<double>(data_.stride) * size * size + 2.0 * std::pow(size, 3);
    const std::int64_t threads = omp_get_max_threads();
    const auto points = static_cast<std::int64_t>(2.5e9 * static_cast<double>(threads) / work);
    return std::clamp<std::int64_t>(points, threads, 65536);
  }

  void evaluate(std::span<const double> coordinates, std::int64_t points,
                ValueTable& table) override {
    make_columns(objective_, quantities_, points, static_cast<std::int64_t>(layers_.size()), table);
    const SingleThreadedBlas single;
    // Memory is taken before the threads start, where running out of it can be told to the caller.
    const int threads =
        static_cast<int>(std::clamp<std::int64_t>(points, 1, omp_get_max_threads()));
    while (static_cast<int>(threads_.size()) < threads) {
      threads_.push_back(std::make_unique<Thread>(*this));
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::int64_t p = 0; p < points; ++p) {
      const double* at = coordinates.data() + p * network_.axes;
      Thread& thread = *threads_[static_cast<std::size_t>(omp_get_thread_num())];
      PointCurvature& curvature = thread.curvature;
      if (cascade_) {
        const SettledVerdict settled = cascade_->verdict(at, *thread.probing);
        curvature.verdict = settled.verdict;
        curvature.settled_by = settled.stage;
      } else {
        find_assembled(at, *thread.assembling, curvature);
      }
      store(objective_, curvature, p, table);
    }
  }

 private:
  struct Assembling {
    explicit Assembling(const DensePass& pass)
        : hessian(pass.hessian_),
          prober(pass.objective_, pass.network_, pass.hessian_.magnitudes(), pass.slice_,
                 hessian.factors),
          matrix(static_cast<std::size_t>(pass.hessian_.matrix_doubles())) {
      prober.reserve();
      scratch.reserve(pass.hessian_.size(), !pass.start_.empty());
    }
    NetworkHessian::Workspace hessian;
    Prober prober;
    std::vector<double> matrix;
    DenseScratch scratch;
  };

  /// What one thread needs.
  struct Thread {
    explicit Thread(const DensePass& pass) {
      if (pass.cascade_) {
        probing = std::make_unique<VerdictCascade::Workspace>(*pass.cascade_);
      } else {
        assembling = std::make_unique<Assembling>(pass);
        curvature.layer_min_eigenvalue.reserve(pass.layers_.size());
        curvature.layer_error.reserve(pass.layers_.size());
        curvature.vector.reserve(static_cast<std::size_t>(pass.hessian_.size()));
      }
    }
    std::unique_ptr<VerdictCascade::Workspace> probing;
    std::unique_ptr<Assembling> assembling;
    PointCurvature curvature;
  };

  void find_assembled(const double* at, Assembling& work, PointCurvature& curvature) {
    double* const matrix = work.matrix.data();
    const std::int64_t size = hessian_.size();
    const double bound = hessian_.assemble(at, work.hessian, matrix);
    const std::int64_t kinks = work.hessian.kinks;
    const MatrixError errors{bound, work.hessian.trace_error};
    Prober& prober = work.prober;
    const QuadraticForm form = [&prober, at](const std::vector<double>& vector) {
      return prober.rayleigh(at, vector);
    };
    const bool alone = !start_.empty() &&
                       smallest_alone(matrix, size, bound, start_, form, work.scratch, curvature);
    if (!alone) {
      curvature_of(matrix, size, errors, {quantities_, layers_, weights_}, form, work.scratch,
                   curvature);
    }
    withhold_at_kink(kinks, curvature.verdict, curvature.settled_by);
  }

  const Objective& objective_;
  const NetworkData<double>& data_;
  const Slice slice_;
  const QuantitySet quantities_;
  const NetworkSlice<double> network_;
  const NetworkHessian hessian_;
  const std::vector<double> weights_;
  std::vector<Rows> layers_;
  const EigensolverChoice eigensolver_;
  std::unique_ptr<VerdictCascade> cascade_;
  std::vector<double> start_;  ///< (size), of Lanczos where λ_min comes alone, else empty
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace

std::unique_ptr<CurvaturePass> make_curvature_pass(const Objective& objective,
                                                   const NetworkData<double>& data,
                                                   const Slice& slice,
                                                   const QuantitySet& quantities,
                                                   const EvaluationOptions& options) {
  if (!needs_curvature(quantities)) return nullptr;
  EigensolverChoice eigensolver =
      choose_eigensolver(options, static_cast<std::int64_t>(objective.subset.size()), quantities,
                         has_equal_weights(objective), {.smallest_from = isolated_from});
  if (eigensolver.eigensolver == Eigensolver::lanczos) {
    return make_matrix_free_pass(objective, data, slice, quantities, options,
                                 std::move(eigensolver));
  }
  return std::make_unique<DensePass>(objective, data, slice, quantities, std::move(eigensolver));
}

}  // namespace convexscan::cpu
