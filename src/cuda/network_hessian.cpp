// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_hessian.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/penalty_curvature.hpp"
#include "shared/larger.hpp"

namespace convexscan::cuda {

NetworkHessian::NetworkHessian(const Objective& objective, SampleFactors& factors)
    : objective_(objective),
      factors_(factors),
      plan_(factors.rows(), factors.data(), objective.subset),
      columns_(plan_.columns(), factors.context().queue()),
      rows_(plan_.rows(), factors.context().queue()),
      has_kinks_(std::ranges::any_of(factors.rows().layers,
                                     [](const auto& l) { return l.errors.jump > 0.0; })) {
  const std::vector<std::int32_t> kept(layout().kept().begin(), layout().kept().end());
  kept_ = DeviceBuffer<std::int32_t>(kept, factors.context().queue());
}

std::int64_t NetworkHessian::bytes_per_point() const {
  const std::int64_t side = layout().assembled();
  return (side * side + plan_.error_count() + size() + 1) *
         static_cast<std::int64_t>(sizeof(double));
}

void NetworkHessian::reserve(std::int64_t group) {
  errors_.reserve(group * plan_.error_count());
  assembled_.reserve(group * layout().assembled() * layout().assembled());
  if (!objective_.penalty.empty()) diagonal_.reserve(group * size());
  if (has_kinks_) contacts_.reserve(group);
}

std::vector<double> NetworkHessian::assemble(std::span<const double> coordinates,
                                             std::int64_t points) {
  const cudaStream_t stream = factors_.context().queue();
  factors_.set_points(coordinates, points);
  const std::int64_t side = layout().assembled();
  const std::int64_t errors = plan_.error_count();
  assembled_.clear(points * side * side, stream);
  errors_.clear(points * errors, stream);
  if (has_kinks_) contacts_.clear(points, stream);
  for (std::int64_t b = 0; b < factors_.blocks(); ++b) {
    const kernels::FactorTask task = factors_.block(b);
    const double gamma =
        shared::gamma_bound(kernels::product_depth(factors_.samples(task)) + factors_.blocks());
    kernels::primal_factors(task, stream);
    if (has_kinks_) kernels::add_kink_contacts(task, columns_.data(), contacts_.data(), stream);
    for (const HessianPlan::Chunk& chunk : plan_.chunks()) {
      kernels::tangent_factors(task, chunk.layer, chunk.first, chunk.tangents, stream);
      kernels::add_block_errors(task, columns_.data(), chunk.layer, chunk.first, chunk.tangents,
                                gamma, errors_.data() + chunk.error, errors, stream);
      kernels::ProductTask products = plan_.products(chunk);
      products.rows = rows_.data() + chunk.rows_begin;
      products.matrices = assembled_.data();
      kernels::add_hessian_products(task, products, stream);
    }
  }
  penalise(coordinates, points);
  kinks_.assign(static_cast<std::size_t>(points), 0.0);
  if (has_kinks_) contacts_.download(kinks_, stream);
  std::vector<double> block_errors(static_cast<std::size_t>(points * errors));
  errors_.download(block_errors, stream);
  std::vector<double> bounds;
  for (std::int64_t p = 0; p < points; ++p) {
    const auto own =
        std::span(block_errors)
            .subspan(static_cast<std::size_t>(p * errors), static_cast<std::size_t>(errors));
    bounds.push_back(plan_.combined(own) / factors_.data().loss_divisor());
  }
  return bounds;
}

void NetworkHessian::penalise(std::span<const double> coordinates, std::int64_t points) {
  penalty_errors_.assign(static_cast<std::size_t>(points), 0.0);
  if (objective_.penalty.empty()) return;
  const auto row = static_cast<std::size_t>(size());
  std::vector<double> diagonal(static_cast<std::size_t>(points) * row);
#pragma omp parallel for
  for (std::size_t p = 0; p < penalty_errors_.size(); ++p) {
    const double* const at =
        coordinates.data() + p * static_cast<std::size_t>(factors_.slice().axes());
    double largest = 0.0;
    for (std::size_t r = 0; r < row; ++r) {
      const cpu::ValueWithError second =
          cpu::penalty_curvature(objective_.penalty, factors_.slice(), at, objective_.subset[r]);
      diagonal[p * row + r] = second.value;
      largest = shared::larger(largest, second.error);
    }
    penalty_errors_[p] = largest;
  }
  diagonal_.upload(diagonal, factors_.context().queue());
}

kernels::ExtractTask NetworkHessian::extraction(std::int64_t begin, std::int64_t end,
                                                double* matrices) {
  kernels::ExtractTask task;
  task.matrices = assembled_.data();
  task.size = layout().assembled();
  task.kept = kept_.data() + begin;
  task.count = end - begin;
  task.scale = 1.0 / factors_.data().loss_divisor();
  task.diagonal = objective_.penalty.empty() ? nullptr : diagonal_.data() + begin;
  task.diagonal_stride = size();
  task.out = matrices;
  return task;
}

void NetworkHessian::extract(std::int64_t begin, std::int64_t end, double* matrices, double* norms,
                             double* traces, double* least) {
  kernels::ExtractTask task = extraction(begin, end, matrices);
  task.norms = norms;
  task.traces = traces;
  task.least = least;
  kernels::extract_hessians(task, factors_.points(), factors_.context().queue());
}

void NetworkHessian::extract(std::span<const std::int32_t> which, double* matrices) {
  which_.reserve(static_cast<std::int64_t>(which.size()));
  which_.upload(which, factors_.context().queue());
  kernels::ExtractTask task = extraction(0, size(), matrices);
  task.which = which_.data();
  kernels::extract_hessians(task, static_cast<std::int64_t>(which.size()),
                            factors_.context().queue());
}

}  // namespace convexscan::cuda
