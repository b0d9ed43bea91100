// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/blas.hpp"
#include "cpu/curvature_pass.hpp"
#include "cpu/matrix_free_curvature.hpp"
#include "cpu/matrix_free_verdicts.hpp"

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
    const SingleThreadedBlas single;
    MatrixFreeWorkspace workspace(objective_, network_, magnitudes_, slice_);
    if (needs_only_verdict(quantities)) {
      verdicts_.emplace(objective_, data_, magnitudes_, slice_, options.lanczos_steps, workspace);
      return;
    }
    start_ = first_start(size_);
    const std::array<double, 2> origin{0.0, 0.0};
    const RitzPairs ritz = workspace.ritz_pairs(origin.data(), start_, limits_);
    start_from(ritz.smallest_vector, ritz.largest_vector, start_);
  }

  EigensolverChoice eigensolver() const override {
    EigensolverChoice choice = eigensolver_;
    if (fewest_steps_ <= size_) {
      choice.reason += "; " + (verdicts_ ? likely_where_undecided(size_, fewest_steps_)
                                         : likely_statement(size_, fewest_steps_));
    }
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
      workspaces_.push_back(
          std::make_unique<MatrixFreeWorkspace>(objective_, network_, magnitudes_, slice_));
    }
#pragma omp parallel num_threads(threads)
    {
      MatrixFreeWorkspace& work = *workspaces_[static_cast<std::size_t>(omp_get_thread_num())];
      PointCurvature curvature;
#pragma omp for schedule(dynamic, 1)
      for (std::int64_t p = 0; p < points; ++p) {
        curvature.clear();
        find(coordinates.data() + p * network_.axes, work, curvature);
        store(objective_, curvature, p, table);
      }
    }
  }

 private:
  void find(const double* coordinates, MatrixFreeWorkspace& work, PointCurvature& curvature) {
    if (verdicts_) return find_verdict(coordinates, work, curvature);
    const RitzPairs& ritz = work.ritz_pairs(coordinates, start_, limits_);
    const bool found = !std::isnan(ritz.smallest) && !ritz.smallest_vector.empty();
    if (!found) return;
    note_steps(ritz.steps);
    matrix_free_curvature(ritz, size_, work.prober().rayleigh(coordinates, ritz.smallest_vector),
                          work.product_error(coordinates), curvature);
    if (quantities_.contains(Quantity::min_eigenvector) && !std::isnan(curvature.min_eigenvalue)) {
      curvature.vector = ritz.smallest_vector;
    }
  }

  void find_verdict(const double* coordinates, MatrixFreeWorkspace& work,
                    PointCurvature& curvature) {
    const MatrixFreeVerdicts::Settled settled = verdicts_->at(coordinates, work);
    curvature.verdict = settled.verdict;
    curvature.settled_by = settled.stage;
    if (settled.verdict == Verdict::undecided && settled.steps > 0) note_steps(settled.steps);
  }

  void note_steps(std::int64_t steps) {
#pragma omp critical(fewest_steps)
    fewest_steps_ = std::min(fewest_steps_, steps);
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
  std::optional<MatrixFreeVerdicts> verdicts_;  ///< where nothing else is asked for
  std::int64_t fewest_steps_ = std::numeric_limits<std::int64_t>::max();  ///< at any point
  std::vector<std::unique_ptr<MatrixFreeWorkspace>> workspaces_;
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
