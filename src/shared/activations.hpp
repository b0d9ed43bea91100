// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include "convexscan/activation.hpp"
#include "shared/elementary.hpp"

/// σ and its derivatives. At a kink the derivative from the left is taken, as PyTorch does for
/// relu.
namespace convexscan::shared {

/// σ(z), σ'(z), σ''(z).
template <class Real>
struct ActivationValue {
  Real value;
  Real first;
  Real second;
};

/// Those of tanh where its value is t.
template <class Real>
CONVEXSCAN_HOST_DEVICE ActivationValue<Real> tanh_and_derivatives(Real t) {
  const Real first = (Real(1) - t) * (Real(1) + t);
  return {t, first, Real(-2) * t * first};
}

template <Activation kind, class Real>
CONVEXSCAN_HOST_DEVICE ActivationValue<Real> activation(Real z, Real slope) {
  using enum Activation;
  constexpr Real zero{0};
  constexpr Real one{1};
  if constexpr (kind == identity) {
    return {z, one, zero};
  } else if constexpr (kind == relu) {
    // A NaN must stay one: z > 0 ? z : 0 would hide it.
    return {z <= zero ? zero : z, z > zero ? one : zero, zero};
  } else if constexpr (kind == leaky_relu) {
    return {z <= zero ? slope * z : z, z > zero ? one : slope, zero};
  } else if constexpr (kind == elu) {
    const Real bounded = z < Real(-80) ? Real(-80) : (z > zero ? zero : z);
    const Real e = slope * elementary::expm1(bounded);
    return {z > zero ? z : e, z > zero ? one : e + slope, z > zero ? zero : e + slope};
  } else if constexpr (kind == gelu) {
    constexpr Real sqrt_half = Real(0.70710678118654752440);
    constexpr Real inverse_sqrt_two_pi = Real(0.39894228040143267794);
    // erfc, not 1 + erf: far to the left the sum would have no digits left.
    const Real distribution = Real(0.5) * std::erfc(-z * sqrt_half);
    const Real density = inverse_sqrt_two_pi * elementary::exp_of_negative(Real(-0.5) * z * z);
    return {z * distribution, distribution + z * density, density * (Real(2) - z * z)};
  } else if constexpr (kind == gelu_tanh) {
    constexpr Real scale = Real(0.79788456080286535588);
    constexpr Real cubic = Real(0.044715);
    const Real u = scale * (z + cubic * z * z * z);
    const Real du = scale * (one + Real(3) * cubic * z * z);
    const Real ddu = scale * Real(6) * cubic * z;
    const Real t = elementary::tanh(u);
    const Real dt = one - t * t;
    const Real half = Real(0.5);
    return {half * z * (one + t), half * (one + t) + half * z * dt * du,
            dt * du + half * z * (dt * ddu - Real(2) * t * dt * du * du)};
  } else if constexpr (kind == silu) {
    const Real s = elementary::sigmoid(z);
    const Real ds = s * elementary::sigmoid(-z);
    return {z * s, s + z * ds, ds * (Real(2) + z * (one - Real(2) * s))};
  } else if constexpr (kind == softplus) {
    const Real s = elementary::sigmoid(z);
    const Real e = elementary::exp_of_negative(-elementary::magnitude(z));
    return {(z <= zero ? zero : z) + elementary::log1p(e), s, s * elementary::sigmoid(-z)};
  } else if constexpr (kind == sigmoid) {
    const Real s = elementary::sigmoid(z);
    const Real ds = s * elementary::sigmoid(-z);
    return {s, ds, ds * (one - Real(2) * s)};
  } else if constexpr (kind == tanh) {
    return tanh_and_derivatives(elementary::tanh(z));
  } else {
    static_assert(kind == sin);
    const Real s = std::sin(z);
    return {s, std::cos(z), -s};
  }
}

/// Calls f.template operator()<kind>() with the activation as a constant, so that the choice is
/// made once for a whole loop.
template <class F>
CONVEXSCAN_HOST_DEVICE auto with_activation(Activation kind, F&& f) {
  using enum Activation;
  switch (kind) {
    case relu:
      return f.template operator()<relu>();
    case leaky_relu:
      return f.template operator()<leaky_relu>();
    case elu:
      return f.template operator()<elu>();
    case gelu:
      return f.template operator()<gelu>();
    case gelu_tanh:
      return f.template operator()<gelu_tanh>();
    case silu:
      return f.template operator()<silu>();
    case softplus:
      return f.template operator()<softplus>();
    case sigmoid:
      return f.template operator()<sigmoid>();
    case tanh:
      return f.template operator()<tanh>();
    case sin:
      return f.template operator()<sin>();
    case identity:
      break;
  }
  return f.template operator()<identity>();
}

}  // namespace convexscan::shared
