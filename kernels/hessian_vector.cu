// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/hessian_vector.hpp"

#include "kernels/primitives.cuh"
#include "kernels/sample_loss.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;
constexpr int tile_block = static_cast<int>(loss_tile);

/// One row of one point of a batch, or null.
template <class Real>
__device__ inline Real* row_of(const Batch<Real>& batch, std::int64_t point, std::int64_t row) {
  return batch.data == nullptr ? nullptr
                               : batch.data + point * batch.point_stride + row * batch.row_stride;
}

/// One block for each row of each point.
__global__ __launch_bounds__(block) void tangent_layer_kernel(
    TangentStep step, const double* bias, std::int64_t bias_stride, Batch<const double> before,
    Batch<const double> after, Batch<double> z_dot, Batch<double> a_dot) {
  const std::int64_t point = block_index() / step.rows;
  const std::int64_t row = block_index() % step.rows;
  const double* const slope = row_of(step.slope, point, row);
  const double* const from_before = row_of(before, point, row);
  const double* const from_after = row_of(after, point, row);
  double* const z = row_of(z_dot, point, row);
  double* const a = row_of(a_dot, point, row);
  for (std::int64_t k = 0; k < step.vectors; ++k) {
    const double b = bias == nullptr ? 0.0 : bias[(point * step.vectors + k) * bias_stride + row];
    const std::int64_t first = k * step.columns;
    for_each_in_block(step.columns, [&](std::int64_t s) {
      const std::int64_t i = first + s;
      double value = z[i] + b;
      if (from_before != nullptr) value += from_before[i];
      z[i] = value;
      const double product = slope[s] * value;
      a[i] = from_after == nullptr ? product : product + from_after[i];
    });
  }
}

/// One block for each row of each point.
__global__ __launch_bounds__(block) void backward_tangents_kernel(TangentStep step,
                                                                  Batch<const double> z_dot,
                                                                  Batch<double> after,
                                                                  Batch<double> before,
                                                                  Batch<double> g_dot) {
  const std::int64_t point = block_index() / step.rows;
  const std::int64_t row = block_index() % step.rows;
  const double* const slope = row_of(step.slope, point, row);
  const double* const bend = row_of(step.bend, point, row);
  const double* const z = row_of(z_dot, point, row);
  double* const to_after = row_of(after, point, row);
  double* const to_before = row_of(before, point, row);
  double* const g = row_of(g_dot, point, row);
  for (std::int64_t k = 0; k < step.vectors; ++k) {
    const std::int64_t first = k * step.columns;
    for_each_in_block(step.columns, [&](std::int64_t s) {
      const std::int64_t i = first + s;
      const double output = g[i];
      if (to_after != nullptr) to_after[i] += output;
      const double value = slope[s] * output + bend[s] * z[i];
      g[i] = value;
      if (to_before != nullptr) to_before[i] += value;
    });
  }
}

/// One block for each tile of samples of each point, one thread for a sample.
__global__ __launch_bounds__(tile_block) void loss_seconds_kernel(Targets<double> targets,
                                                                  Batch<const double> z,
                                                                  std::int64_t start,
                                                                  std::int64_t columns,
                                                                  Batch<double> second) {
  const std::int64_t tiles = columns / loss_tile;
  const std::int64_t point = block_index() / tiles;
  const std::int64_t column = block_index() % tiles * loss_tile + thread_index();
  const std::int64_t sample = start + column;
  const double* const from = z.data + point * z.point_stride + column;
  double* const to = second.data + point * second.point_stride + column;
  if (sample >= targets.samples || targets.loss == Loss::output) {
    for (std::int64_t o = 0; o < targets.outputs; ++o) to[o * second.row_stride] = 0.0;
  } else if (targets.loss == Loss::cross_entropy) {
    const Softmax<double> parts = softmax(from, z.row_stride, targets.outputs);
    for (std::int64_t o = 0; o < targets.outputs; ++o) {
      to[o * second.row_stride] = parts.probability(from[o * z.row_stride]);
    }
  } else {
    shared::with_pointwise_loss(targets.loss, [&]<Loss kind>() {
      for (std::int64_t o = 0; o < targets.outputs; ++o) {
        to[o * second.row_stride] =
            shared::pointwise_loss<kind>(from[o * z.row_stride],
                                         targets.targets[o * targets.stride + sample])
                .second;
      }
    });
  }
}

/// One thread for each sample, vector and point: ∂²ℓ/∂z² is diag p − ppᵀ, or diagonal.
__global__ __launch_bounds__(block) void loss_tangents_kernel(
    Targets<double> targets, Batch<const double> second, Batch<const double> z_dot,
    std::int64_t columns, std::int64_t vectors, std::int64_t points, Batch<double> adjoint_dot) {
  const std::int64_t index = block_index() * block + thread_index();
  if (index >= points * vectors * columns) return;
  const std::int64_t point = index / (vectors * columns);
  const std::int64_t i = index % (vectors * columns);
  const double* const p = second.data + point * second.point_stride + i % columns;
  const double* const z = z_dot.data + point * z_dot.point_stride + i;
  double* const to = adjoint_dot.data + point * adjoint_dot.point_stride + i;
  double mean = 0.0;
  if (targets.loss == Loss::cross_entropy) {
    for (std::int64_t o = 0; o < targets.outputs; ++o) {
      mean += p[o * second.row_stride] * z[o * z_dot.row_stride];
    }
  }
  for (std::int64_t o = 0; o < targets.outputs; ++o) {
    to[o * adjoint_dot.row_stride] = p[o * second.row_stride] * (z[o * z_dot.row_stride] - mean);
  }
}

/// One block for each vector of each point.
__global__ __launch_bounds__(block) void scatter_vectors_kernel(SubsetVectors from,
                                                                std::int64_t parameters,
                                                                double* directions) {
  const std::int64_t point = block_index() / from.vectors;
  const std::int64_t k = block_index() % from.vectors;
  const double* const vector = from.data + point * from.point_stride + k * from.vector_stride;
  double* const to = directions + block_index() * parameters;
  for_each_in_block(parameters, [&](std::int64_t i) { to[i] = 0.0; });
  synchronize_block();
  for_each_in_block(from.size, [&](std::int64_t i) { to[from.subset[i]] = vector[i]; });
}

/// One block for each vector of each point.
__global__ __launch_bounds__(block) void gather_products_kernel(
    SubsetVectors vectors, std::int64_t parameters, const double* sums, double divisor,
    const double* penalty, double* products, std::int64_t point_stride,
    std::int64_t vector_stride) {
  const std::int64_t point = block_index() / vectors.vectors;
  const std::int64_t k = block_index() % vectors.vectors;
  const double* const vector =
      vectors.data + point * vectors.point_stride + k * vectors.vector_stride;
  const double* const sum = sums + block_index() * parameters;
  double* const to = products + point * point_stride + k * vector_stride;
  for_each_in_block(vectors.size, [&](std::int64_t i) {
    double value = sum[vectors.subset[i]] / divisor;
    if (penalty != nullptr) value += penalty[point * vectors.size + i] * vector[i];
    to[i] = value;
  });
}

}  // namespace

void tangent_layer(const TangentStep& step, const double* bias, std::int64_t bias_stride,
                   Batch<const double> before, Batch<const double> after, std::int64_t points,
                   Batch<double> z_dot, Batch<double> a_dot, cudaStream_t stream) {
  launch(tangent_layer_kernel, "tangent_layer", points * step.rows, block, 0, stream, step, bias,
         bias_stride, before, after, z_dot, a_dot);
}

void backward_tangents(const TangentStep& step, Batch<const double> z_dot, Batch<double> after,
                       Batch<double> before, std::int64_t points, Batch<double> g_dot,
                       cudaStream_t stream) {
  launch(backward_tangents_kernel, "backward_tangents", points * step.rows, block, 0, stream, step,
         z_dot, after, before, g_dot);
}

void loss_seconds(const Targets<double>& targets, Batch<const double> z, std::int64_t start,
                  std::int64_t columns, std::int64_t points, Batch<double> second,
                  cudaStream_t stream) {
  launch(loss_seconds_kernel, "loss_seconds", points * (columns / loss_tile), tile_block, 0, stream,
         targets, z, start, columns, second);
}

void loss_tangents(const Targets<double>& targets, Batch<const double> second,
                   Batch<const double> z_dot, std::int64_t columns, std::int64_t vectors,
                   std::int64_t points, Batch<double> adjoint_dot, cudaStream_t stream) {
  launch(loss_tangents_kernel, "loss_tangents", (points * vectors * columns + block - 1) / block,
         block, 0, stream, targets, second, z_dot, columns, vectors, points, adjoint_dot);
}

void scatter_vectors(const SubsetVectors& from, std::int64_t points, std::int64_t parameters,
                     double* directions, cudaStream_t stream) {
  launch(scatter_vectors_kernel, "scatter_vectors", points * from.vectors, block, 0, stream, from,
         parameters, directions);
}

void gather_products(const SubsetVectors& vectors, std::int64_t points, std::int64_t parameters,
                     const double* sums, double divisor, const double* penalty, double* products,
                     std::int64_t point_stride, std::int64_t vector_stride, cudaStream_t stream) {
  launch(gather_products_kernel, "gather_products", points * vectors.vectors, block, 0, stream,
         vectors, parameters, sums, divisor, penalty, products, point_stride, vector_stride);
}

}  // namespace convexscan::kernels
