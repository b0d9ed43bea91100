// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "kernels/batch.hpp"
#include "kernels/losses.hpp"

/// The steps of Hessian-vector products besides the matrix products, for every point of a group and
/// several vectors at once. A row of tangents holds those along one vector after the other, columns
/// samples each.
namespace convexscan::kernels {

/// What of a layer does not depend on the vectors.
struct TangentStep {
  std::int64_t rows = 0;  ///< neurons
  std::int64_t columns = 0;
  std::int64_t vectors = 0;
  Batch<const double> slope;  ///< σ'(z)
  Batch<const double> bend;   ///< σ''(z) ⊙ ∂ℓ/∂a
};

/// With ż = W ȧ + V a on entry: ż += ḃ + ȧ_before, ȧ = σ' ⊙ ż + ȧ_after. bias (rows) of the first
/// point's first vector, bias_stride from vector to vector and point to point, or null; the
/// tangents of skipped-from nodes may be null.
void tangent_layer(const TangentStep& step, const double* bias, std::int64_t bias_stride,
                   Batch<const double> before, Batch<const double> after, std::int64_t points,
                   Batch<double> z_dot, Batch<double> a_dot, cudaStream_t stream);

/// With the tangent of ∂ℓ/∂(output of the layer) in g_dot on entry and that of ∂ℓ/∂z on return:
/// after += ġ,  ġ ← σ' ⊙ ġ + bend ⊙ ż,  before += ġ. The last two may be null.
void backward_tangents(const TangentStep& step, Batch<const double> z_dot, Batch<double> after,
                       Batch<double> before, std::int64_t points, Batch<double> g_dot,
                       cudaStream_t stream);

/// What ∂²ℓ/∂z² of the samples from start on is made of: the softmax of z, or its diagonal; zeros
/// beyond the last sample.
void loss_seconds(const Targets<double>& targets, Batch<const double> z, std::int64_t start,
                  std::int64_t columns, std::int64_t points, Batch<double> second,
                  cudaStream_t stream);

/// adjoint_dot = ∂²ℓ/∂z²·z_dot.
void loss_tangents(const Targets<double>& targets, Batch<const double> second,
                   Batch<const double> z_dot, std::int64_t columns, std::int64_t vectors,
                   std::int64_t points, Batch<double> adjoint_dot, cudaStream_t stream);

/// Vectors in a subset (size) of the parameters, point_stride and vector_stride apart.
struct SubsetVectors {
  const std::int64_t* subset = nullptr;
  std::int64_t size = 0;
  std::int64_t vectors = 0;
  const double* data = nullptr;
  std::int64_t point_stride = 0;
  std::int64_t vector_stride = 0;
};

/// directions (points, vectors, parameters): zero outside the subset.
void scatter_vectors(const SubsetVectors& from, std::int64_t points, std::int64_t parameters,
                     double* directions, cudaStream_t stream);

/// products, with strides of their own, = 1/divisor · the subset of sums (points, vectors,
/// parameters) + penalty (points, size), which may be null, ⊙ the vectors.
void gather_products(const SubsetVectors& vectors, std::int64_t points, std::int64_t parameters,
                     const double* sums, double divisor, const double* penalty, double* products,
                     std::int64_t point_stride, std::int64_t vector_stride, cudaStream_t stream);

}  // namespace convexscan::kernels
