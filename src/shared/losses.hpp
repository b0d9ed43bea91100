// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include "convexscan/loss.hpp"
#include "shared/elementary.hpp"

/// Losses that are sums over outputs of ℓ(z, y), before the division by the number of outputs.
/// Cross-entropy couples the outputs of a sample; with p = softmax(z):
///   ℓ = log Σ exp z − z_label,   ∂ℓ/∂z = p − e_label,   ∂²ℓ/∂z² = diag(p) − p·pᵀ.
namespace convexscan::shared {

template <class Real>
struct LossValue {
  Real value;
  Real first;
  Real second;
};

template <Loss kind, class Real>
CONVEXSCAN_HOST_DEVICE LossValue<Real> pointwise_loss(Real z, Real y) {
  constexpr Real one{1};
  if constexpr (kind == Loss::mse) {
    const Real d = z - y;
    return {d * d, Real(2) * d, Real(2)};
  } else if constexpr (kind == Loss::huber) {
    const Real d = z - y;
    const Real a = elementary::magnitude(d);
    return {a <= one ? Real(0.5) * d * d : a - Real(0.5),
            a <= one ? d : elementary::with_sign(one, d), a <= one ? one : Real(0)};
  } else {
    static_assert(kind == Loss::binary_cross_entropy);
    // max(z, 0) − z·y + log(1 + exp(−|z|)); a NaN must stay one.
    const Real e = elementary::exp_of_negative(-elementary::magnitude(z));
    const Real p = elementary::sigmoid(z);
    return {(z <= Real(0) ? Real(0) : z) - z * y + elementary::log1p(e), p - y,
            p * elementary::sigmoid(-z)};
  }
}

/// Calls f.template operator()<kind>() for a pointwise loss.
template <class F>
CONVEXSCAN_HOST_DEVICE void with_pointwise_loss(Loss kind, F&& f) {
  if (kind == Loss::mse) {
    f.template operator()<Loss::mse>();
  } else if (kind == Loss::huber) {
    f.template operator()<Loss::huber>();
  } else if (kind == Loss::binary_cross_entropy) {
    f.template operator()<Loss::binary_cross_entropy>();
  }
}

}  // namespace convexscan::shared
