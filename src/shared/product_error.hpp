// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "shared/host_device.hpp"
#include "shared/rounding.hpp"

/// Norms of the numbers that a Hessian-vector product makes of one sample for a unit vector, and of
/// their errors, layer by layer: what they can be at most.
namespace convexscan::shared {

/// A norm and a bound on the norm of the error.
struct Size {
  double norm = 0.0;
  double error = 0.0;
};

CONVEXSCAN_HOST_DEVICE Size operator+(Size a, Size b) {
  return {a.norm + b.norm, a.error + b.error + unit_roundoff * (a.norm + b.norm)};
}

/// A product of two: each with the other's error, and its own rounding γ.
CONVEXSCAN_HOST_DEVICE Size product(Size a, Size b, double gamma) {
  const double norm = a.norm * b.norm;
  return {norm, a.error * (b.norm + b.error) + a.norm * b.error + gamma * norm};
}

/// What is known of a layer at one sample: ‖ā‖ of its input, the largest |σ'| and |σ''·∂ℓ/∂a| and
/// ‖g‖; the Frobenius norm of its weights, in which errors of weights are counted by γ.
struct LayerSizes {
  Size input;
  Size slope;
  Size bend;
  Size g;
  double weights = 0.0;
  double gamma_forward = 0.0;   ///< of a product with a row of the weights
  double gamma_backward = 0.0;  ///< … with a column
};

/// ‖ż‖, skips apart: V·a + v_b + W·ȧ, where ‖V‖ ≤ 1.
CONVEXSCAN_HOST_DEVICE Size pre_tangent(const LayerSizes& layer, Size tangent) {
  return product({1.0, 0.0}, layer.input, layer.gamma_forward) +
         product({layer.weights, 0.0}, tangent, layer.gamma_forward);
}

/// ‖ġ‖: σ'·q + (σ''·∂ℓ/∂a)·ż
CONVEXSCAN_HOST_DEVICE Size gradient_tangent(const LayerSizes& layer, Size adjoint,
                                             Size pre_tangent) {
  return product(layer.slope, adjoint, unit_roundoff) +
         product(layer.bend, pre_tangent, unit_roundoff);
}

/// What the layer adds to its input's q: Wᵀ·ġ + Vᵀ·g
CONVEXSCAN_HOST_DEVICE Size adjoint_tangent(const LayerSizes& layer, Size gradient) {
  return product({layer.weights, 0.0}, gradient, layer.gamma_backward) +
         product({1.0, 0.0}, layer.g, layer.gamma_backward);
}

/// The error of the sample's share in the layer's part of Hv, ġ·āᵀ + g·ȧᵀ, gamma being that of the
/// sum over samples.
CONVEXSCAN_HOST_DEVICE double share_error(const LayerSizes& layer, Size gradient, Size tangent,
                                          double gamma) {
  return product(gradient, layer.input, gamma).error + product(layer.g, tangent, gamma).error;
}

}  // namespace convexscan::shared
