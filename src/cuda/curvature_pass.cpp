// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/curvature_pass.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/point_curvature.hpp"
#include "cuda/dense_curvature.hpp"
#include "cuda/device_verdicts.hpp"
#include "cuda/shared_memory.hpp"

namespace convexscan::cuda {
namespace {

std::size_t free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total));
  return free;
}

class DensePass final : public CurvaturePass {
 public:
  DensePass(const Objective& objective, const NetworkData<double>& data,
            const DeviceContext& context, const Slice& slice, const QuantitySet& quantities,
            SpectrumMethod method)
      : objective_(objective),
        data_(data),
        slice_(slice),
        quantities_(quantities),
        method_(method),
        dense_(objective, data, context, slice_, quantities, method) {
    const bool cascade = method != SpectrumMethod::library && cpu::needs_only_verdict(quantities);
    if (cascade) verdicts_ = std::make_unique<DeviceVerdicts>(objective, context, slice_, dense_);
  }

  std::int64_t points_per_tile() const override {
    // About a quarter of a second at a few TFLOP/s for assembly, and a tenth of that for
    // eigenvalues.
    const auto size = static_cast<double>(dense_.size());
    const double work = static_cast<double>(data_.stride) * size * size + 40.0 * std::pow(size, 3);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(1e12 / work), 256, 65536);
  }

  bool is_on_chip() const override { return dense_.is_on_chip(); }

  void evaluate(std::span<const double> coordinates, std::int64_t points,
                ValueTable& table) override {
    cpu::make_columns(objective_, quantities_, points, dense_.layers(), table);
    if (group_ == 0) group_ = matrices_at_once(dense_.bytes_per_point(), free_bytes());
    try {
      dense_.reserve(std::min(group_, points));
      if (verdicts_) verdicts_->reserve(std::min(group_, points));
    } catch (const OutOfMemory&) {
      group_ = std::max<std::int64_t>(1, group_ / 2);
      throw;
    }
    const auto axes = static_cast<std::size_t>(slice_.axes());
    for (std::int64_t first = 0; first < points; first += group_) {
      const std::int64_t count = std::min(group_, points - first);
      const auto at = coordinates.subspan(static_cast<std::size_t>(first) * axes,
                                          static_cast<std::size_t>(count) * axes);
      const std::vector<cpu::PointCurvature> curvatures = curvatures_at(at, count);
      for (std::int64_t p = 0; p < count; ++p) {
        cpu::store(objective_, curvatures[static_cast<std::size_t>(p)], first + p, table);
      }
    }
  }

 private:
  std::vector<cpu::PointCurvature> curvatures_at(std::span<const double> coordinates,
                                                 std::int64_t points) {
    if (verdicts_) return verdicts_->at(coordinates, points);
    if (method_ == SpectrumMethod::smallest) return dense_.smallest_at(coordinates, points);
    return dense_.at(coordinates, points);
  }

  const Objective& objective_;
  const NetworkData<double>& data_;
  const Slice slice_;
  const QuantitySet quantities_;
  const SpectrumMethod method_;
  DenseCurvature dense_;
  std::unique_ptr<DeviceVerdicts> verdicts_;
  std::int64_t group_ = 0;
};

}  // namespace

std::int64_t matrices_at_once(std::int64_t bytes_per_point, std::size_t free_bytes) {
  constexpr std::int64_t most = 1024;
  const std::int64_t fitting = static_cast<std::int64_t>(free_bytes / 4) / bytes_per_point;
  return std::clamp<std::int64_t>(fitting, 1, most);
}

EigensolverChoice choose_eigensolver(const Objective& objective, const QuantitySet& quantities,
                                     const EvaluationOptions& options) {
  const auto size = static_cast<std::int64_t>(objective.subset.size());
  cpu::CascadeLimits limits;
  if (size <= IsolatedSolver::most_rows()) {
    limits.smallest_from = kernels::most_packed_rows(shared_bytes_of_a_block()) + 1;
  }
  return cpu::choose_eigensolver(options, size, quantities, cpu::has_equal_weights(objective),
                                 limits);
}

std::unique_ptr<CurvaturePass> make_curvature_pass(const Objective& objective,
                                                   const NetworkData<double>& data,
                                                   const DeviceContext& context, const Slice& slice,
                                                   const QuantitySet& quantities,
                                                   const EvaluationOptions& options,
                                                   Eigensolver eigensolver) {
  if (!cpu::needs_curvature(quantities)) return nullptr;
  if (eigensolver == Eigensolver::lanczos) {
    return make_matrix_free_pass(objective, data, context, slice, quantities, options);
  }
  SpectrumMethod method = SpectrumMethod::own;
  if (options.eigensolver == Eigensolver::cusolver) method = SpectrumMethod::library;
  if (eigensolver == Eigensolver::cascade && !cpu::needs_only_verdict(quantities)) {
    method = SpectrumMethod::smallest;
  }
  return std::make_unique<DensePass>(objective, data, context, slice, quantities, method);
}

}  // namespace convexscan::cuda
