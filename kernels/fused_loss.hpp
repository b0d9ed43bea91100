// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "convexscan/activation.hpp"
#include "kernels/losses.hpp"

/// The losses of narrow networks in one kernel: activations never leave the processor. Memory sees
/// the first layer's affine parts, the slice's parameters and one number per tile of samples and
/// point.
namespace convexscan::kernels {

inline constexpr int most_fused_layers = 8;
inline constexpr int most_fused_width = 128;

template <class Real>
struct FusedLayer {
  int inputs = 0;
  int outputs = 0;
  std::int64_t weight = 0;  ///< offset of W in the parameter vector
  std::int64_t bias = -1;   ///< offset of b, or −1
  Activation activation = Activation::identity;
  Real slope = 0;
};

template <class Real>
struct FusedNetwork {  // without skips and masks
  FusedLayer<Real> layers[most_fused_layers];
  int depth = 0;

  int widest() const;
};

/// Samples of one block, and of one partial sum.
template <class Real>
inline constexpr int fused_tile = sizeof(Real) == 8 ? 64 : 128;

/// Shared memory of one block; the kernel suits a network when a processor has so much and no layer
/// is wider than most_fused_width.
template <class Real>
std::size_t fused_shared_bytes(const FusedNetwork<Real>& network);

/// partials (points, partials.tiles) of the losses of all samples, tiles of fused_tile<Real>
/// samples. z0 are the first layer's pre-activations, (outputs, z0_stride) each.
template <class Real>
void fused_loss(const FusedNetwork<Real>& network, Affine<Real> parameters, Affine<Real> z0,
                std::int64_t z0_stride, const Targets<Real>& targets, Coordinates coordinates,
                std::int64_t points, LossPartials partials, cudaStream_t stream);

}  // namespace convexscan::kernels
