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

/// What the points lie on: one slice, or many. Slices are either given for each point, whose
/// coordinates are then its own, or have all the same places.
template <class Real>
struct FusedSlices {
  Affine<Real> parameters;            ///< of the first slice; origins alone may be point_stride on
  std::int64_t parameter_stride = 0;  ///< from slice to slice
  Affine<Real> z0;  ///< the first layer's pre-activations, (outputs, z0_stride) each
  std::int64_t z0_stride = 0;
  std::int64_t z0_slice_stride = 0;
  std::int64_t places = 0;  ///< points of a slice; point p is place p % places of slice p / places
  const std::int32_t* slice_of = nullptr;  ///< (points) slices in place of that, or null; points
                                           ///< with a negative one are left out
  Affine<Real> second{};  ///< in place of the second layer's bias, (outputs, z0_stride), or null
};

/// partials (points, partials.tiles) of the losses of all samples, tiles of fused_tile<Real>
/// samples; coordinates are those of the places.
template <class Real>
void fused_loss(const FusedNetwork<Real>& network, const FusedSlices<Real>& slices,
                const Targets<Real>& targets, Coordinates coordinates, std::int64_t points,
                LossPartials partials, cudaStream_t stream);

}  // namespace convexscan::kernels
