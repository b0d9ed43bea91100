// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/penalties.hpp"

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"
#include "shared/penalties.hpp"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;
constexpr std::size_t scratch_bytes = block / warp_size * sizeof(double);

/// Calls body(i, penalty_value) for the terms of parameter i.
template <class Body>
__device__ inline void for_each_term(const PenaltyTask& task, const Place<double>& here,
                                     std::int64_t i, Body&& body) {
  double d = at(task.theta, here, i);
  if (task.centre != nullptr) d -= task.centre[i];
  for (std::int64_t t = 0; t < task.count; ++t) {
    const PenaltyTerm& term = task.terms[t];
    body(shared::penalty_value(term.kind, term.value, term.exponent, i, d));
  }
}

/// One block for each point, as in the kernels below.
__global__ __launch_bounds__(block) void penalty_values_kernel(PenaltyTask task,
                                                               Coordinates coordinates,
                                                               double* value) {
  std::int64_t row = block_index();
  if (task.places > 0) {
    task.theta = task.theta.from(row / task.places * task.parameters);
    row %= task.places;
  }
  const Place<double> here = place<double>(coordinates, row);
  shared::CompensatedSum sum;
  for_each_in_block(task.parameters, [&](std::int64_t i) {
    for_each_term(task, here, i, [&](const shared::PenaltyValue& p) { sum.add(p.value); });
  });
  const double all = block_sum(sum.value(), shared_memory<double>());
  if (thread_index() == 0) value[block_index()] += all;
}

__global__ __launch_bounds__(block) void penalty_curvatures_kernel(PenaltyTask task,
                                                                   Coordinates coordinates,
                                                                   std::int64_t points,
                                                                   double* curvature) {
  const Place<double> here = place<double>(coordinates, block_index());
  double sum[3] = {0.0, 0.0, 0.0};
  for_each_in_block(task.parameters, [&](std::int64_t i) {
    const double x = task.theta.x == nullptr ? 0.0 : task.theta.x[i];
    const double y = task.theta.y == nullptr ? 0.0 : task.theta.y[i];
    // A parameter that the axes do not move adds nothing, even where its curvature is infinite.
    for_each_term(task, here, i, [&](const shared::PenaltyValue& p) {
      if (x != 0.0) sum[0] += p.second * x * x;
      if (x != 0.0 && y != 0.0) sum[1] += p.second * x * y;
      if (y != 0.0) sum[2] += p.second * y * y;
    });
  });
  double* const scratch = shared_memory<double>();
  for (int c = 0; c < 3; ++c) {
    const double all = block_sum(sum[c], scratch);
    if (thread_index() == 0) curvature[c * points + block_index()] += all;
    synchronize_block();
  }
}

__global__ __launch_bounds__(block) void gradient_norms_kernel(
    PenaltyTask task, Coordinates coordinates, const double* gradient, double divisor,
    const std::int64_t* subset, std::int64_t count, double* norm) {
  const Place<double> here = place<double>(coordinates, block_index());
  const double* loss = gradient + block_index() * task.parameters;
  shared::CompensatedSum squares;
  for_each_in_block(count, [&](std::int64_t k) {
    const std::int64_t i = subset[k];
    double g = loss[i] / divisor;
    double penalty = 0.0;
    for_each_term(task, here, i, [&](const shared::PenaltyValue& p) { penalty += p.first; });
    g += penalty;
    squares.add(g * g);
  });
  const double all = block_sum(squares.value(), shared_memory<double>());
  if (thread_index() == 0) norm[block_index()] = std::sqrt(all);
}

__global__ __launch_bounds__(block) void penalty_seconds_kernel(PenaltyTask task,
                                                                Coordinates coordinates,
                                                                const std::int64_t* subset,
                                                                std::int64_t count,
                                                                double* seconds) {
  const Place<double> here = place<double>(coordinates, block_index());
  for_each_in_block(count, [&](std::int64_t k) {
    double second = 0.0;
    for_each_term(task, here, subset[k],
                  [&](const shared::PenaltyValue& p) { second += p.second; });
    seconds[block_index() * count + k] = second;
  });
}

}  // namespace

void add_penalty_values(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                        double* value, cudaStream_t stream) {
  if (task.count == 0) return;
  launch(penalty_values_kernel, "penalty_values", points, block, scratch_bytes, stream, task,
         coordinates, value);
}

void add_penalty_curvatures(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                            double* curvature, cudaStream_t stream) {
  if (task.count == 0) return;
  launch(penalty_curvatures_kernel, "penalty_curvatures", points, block, scratch_bytes, stream,
         task, coordinates, points, curvature);
}

void gradient_norms(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                    const double* gradient, double divisor, const std::int64_t* subset,
                    std::int64_t count, double* norm, cudaStream_t stream) {
  launch(gradient_norms_kernel, "gradient_norms", points, block, scratch_bytes, stream, task,
         coordinates, gradient, divisor, subset, count, norm);
}

void penalty_seconds(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                     const std::int64_t* subset, std::int64_t count, double* seconds,
                     cudaStream_t stream) {
  launch(penalty_seconds_kernel, "penalty_seconds", points, block, 0, stream, task, coordinates,
         subset, count, seconds);
}

}  // namespace convexscan::kernels
