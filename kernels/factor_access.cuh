// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/hessian_factors.hpp"
#include "kernels/primitives.cuh"

namespace convexscan::kernels {

/// The factors of one sample at one point.
struct SampleFactors {
  const FactorTask& task;
  std::int64_t point;
  std::int64_t column;

  __device__ double* rows(Factor kind, std::int64_t first_row) const {
    constexpr auto kinds = static_cast<std::int64_t>(Factor::count);
    const std::int64_t row =
        (point * kinds + static_cast<std::int64_t>(kind)) * task.rows + first_row;
    return task.factors + row * task.columns + column;
  }
  /// Of a node.
  __device__ double* node(Factor kind, int node) const { return rows(kind, task.nodes[node]); }
  /// Of a layer.
  __device__ double* layer(Factor kind, int layer) const { return node(kind, layer + 1); }

  /// Tangents of node ≥ 1, or of layer node − 1: neuron by neuron.
  __device__ double* tangents(Tangent kind, int node) const {
    constexpr auto kinds = static_cast<std::int64_t>(Tangent::count);
    const std::int64_t row = (point * kinds + static_cast<std::int64_t>(kind)) * task.tangent_rows +
                             task.layers[node - 1].tangent;
    return task.tangents + row * task.columns + column;
  }
  __device__ const double* theta() const { return task.theta + point * task.parameters; }
  __device__ const double* magnitude() const { return task.magnitude + point * task.parameters; }
  __device__ bool exists() const { return task.start + column < task.targets.samples; }
};

/// Calls out(r, Σ_k w[r · row_stride + k · column_stride] · in(k)) for every row r.
template <class In, class Out>
__device__ inline void for_each_product(const double* w, std::int64_t row_stride,
                                        std::int64_t column_stride, std::int64_t rows,
                                        std::int64_t depth, In&& in, Out&& out) {
  constexpr int tile = 4;
  for (std::int64_t r = 0; r < rows; r += tile) {
    const double* from[tile];
    double sum[tile];
#pragma unroll
    for (int i = 0; i < tile; ++i) {
      from[i] = w + (r + i < rows ? r + i : rows - 1) * row_stride;
      sum[i] = 0.0;
    }
    for (std::int64_t k = 0; k < depth; ++k) {
      const double x = in(k);
#pragma unroll
      for (int i = 0; i < tile; ++i) sum[i] += from[i][k * column_stride] * x;
    }
#pragma unroll
    for (int i = 0; i < tile; ++i) {
      if (r + i < rows) out(r + i, sum[i]);
    }
  }
}

}  // namespace convexscan::kernels
