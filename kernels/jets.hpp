// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/layers.hpp"

/// Layers on second-order Taylor series along the slice's axes. A row of a node holds its
/// components one after the other, columns samples each: (v, x, ½xx) on a line, (v, x, y, ½xx, xy,
/// ½yy) on a plane. Halves of the pure second derivatives make every component of W·a a sum of
/// matrix products.
namespace convexscan::kernels {

constexpr int jet_components(int axes) { return axes == 1 ? 3 : 6; }

template <class Real>
struct JetStep {
  LayerStep<Real> layer;
  int axes = 2;                  ///< 1 or 2
  const Real* bias_x = nullptr;  ///< (rows) derivatives of the bias along the axes, or null
  const Real* bias_y = nullptr;
  std::int64_t bias_stride = 0;       ///< of those from point to point, where lines are their own
  std::int64_t direction_stride = 0;  ///< of the first layer's z0.x likewise
  bool input_before = false;  ///< the skip comes from the network's input, which has a value alone
  bool input_after = false;
};

template <class Real>
void first_layer_jets(const JetStep<Real>& step, Affine<Real> z0, std::int64_t z0_stride,
                      Coordinates coordinates, std::int64_t points, Batch<Real> z,
                      cudaStream_t stream);

/// z holds every component of W·a.
template <class Real>
void deeper_layer_jets(const JetStep<Real>& step, std::int64_t points, Batch<Real> z,
                       cudaStream_t stream);

}  // namespace convexscan::kernels
