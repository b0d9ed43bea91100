// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "kernels/batch.hpp"

/// The steps of reverse accumulation besides the matrix products, for every point of a group.
namespace convexscan::kernels {

/// With g = ∂ℓ/∂(output of the layer) on entry and ∂ℓ/∂z on return:
/// after += g,  bend ← σ'' ⊙ g,  g ← g ⊙ σ',  before += g. The adjoints of skipped-from nodes may
/// be null, and so may bend, which holds σ'' on entry.
template <class Real>
void backward_layer(Batch<Real> g, Batch<const Real> derivative, Batch<Real> bend,
                    Batch<Real> after, Batch<Real> before, std::int64_t rows, std::int64_t columns,
                    std::int64_t points, cudaStream_t stream);

/// out[point · out_stride + row] = Σ_columns g: the gradient in the biases.
template <class Real>
void row_sums(Batch<const Real> g, std::int64_t rows, std::int64_t columns, std::int64_t points,
              Real* out, std::int64_t out_stride, cudaStream_t stream);

/// total += part, elementwise; first sets instead of adding.
template <class Real>
void accumulate(const Real* part, std::int64_t count, bool first, double* total,
                cudaStream_t stream);

}  // namespace convexscan::kernels
