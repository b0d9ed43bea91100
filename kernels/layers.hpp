// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "convexscan/activation.hpp"
#include "kernels/batch.hpp"
#include "shared/dropout.hpp"

/// What a layer does besides its matrix product, for every point of a group:
/// z ← mask ⊙ σ(z + b + skip_before) + skip_after, in place.
namespace convexscan::kernels {

template <class Real>
struct LayerStep {
  Activation activation = Activation::identity;
  Real slope = 0;                ///< of the activation, see Layer::slope
  std::int64_t rows = 0;         ///< neurons
  std::int64_t columns = 0;      ///< samples
  const Real* bias = nullptr;    ///< (rows) of point 0, or null
  std::int64_t bias_stride = 0;  ///< from point to point
  Batch<const Real> skip_before;
  Batch<const Real> skip_after;
  shared::DropoutMask<Real> mask;
  std::int64_t start = 0;  ///< the first column's sample
};

/// Where the activation's derivatives go, if anywhere.
template <class Real>
struct Derivatives {
  Batch<Real> first;   ///< σ'
  Batch<Real> second;  ///< σ''
};

/// The first layer, whose pre-activations (with the bias) are affine in the coordinates; every part
/// of z0 is (rows, z0_stride); points may have origins of their own.
template <class Real>
void first_layer(const LayerStep<Real>& step, Affine<Real> z0, std::int64_t z0_stride,
                 Coordinates coordinates, std::int64_t points, Batch<Real> z,
                 Derivatives<Real> derivatives, cudaStream_t stream);

/// A deeper layer; z holds W·a.
template <class Real>
void deeper_layer(const LayerStep<Real>& step, std::int64_t points, Batch<Real> z,
                  Derivatives<Real> derivatives, cudaStream_t stream);

}  // namespace convexscan::kernels
