// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/targets.hpp"
#include "shared/activations.hpp"

/// Activations of many numbers side by side.
namespace convexscan::cpu {

/// z ← tanh z in two loops. Each operation of a tanh waits for the one before, so several vectors
/// have to be under way at once, and in one loop these would be more operations than a processor
/// keeps track of.
template <class Real>
[[gnu::always_inline]] inline void tanh_in_stages(std::int64_t count, Real* z) {
  constexpr std::int64_t stage = 64;
  alignas(64) Real r[stage];
  alignas(64) Real b[stage];
  for (std::int64_t first = 0; first < count; first += stage) {
    const std::int64_t size = std::min(stage, count - first);
    Real* const x = z + first;
#pragma GCC ivdep
    for (std::int64_t s = 0; s < size; ++s) {
      const auto reduced = elementary::reduce_tanh(x[s]);
      r[s] = reduced.r;
      b[s] = reduced.b;
    }
#pragma GCC ivdep
    for (std::int64_t s = 0; s < size; ++s) {
      x[s] = elementary::tanh_of(elementary::ReducedTanh<Real>{r[s], b[s]}, x[s]);
    }
  }
}

/// To be called before a loop over activated: z ← tanh z if that is the activation, else nothing.
template <Activation kind, class Real>
[[gnu::always_inline]] inline void begin_activation(std::int64_t count, Real* z) {
  if constexpr (kind == Activation::tanh) tanh_in_stages(count, z);
}

/// σ and its derivatives after begin_activation.
template <Activation kind, class Real>
[[gnu::always_inline]] inline shared::ActivationValue<Real> activated(Real z, Real slope) {
  if constexpr (kind == Activation::tanh) {
    return shared::tanh_and_derivatives(z);
  } else {
    return shared::activation<kind>(z, slope);
  }
}

/// z ← σ(z)
template <class Real>
[[gnu::always_inline]] inline void activate(Activation kind, Real slope, std::int64_t count,
                                            Real* z) {
  if (kind == Activation::identity) return;
  shared::with_activation(kind, [&]<Activation constant>() CONVEXSCAN_INLINE {
    begin_activation<constant>(count, z);
    if constexpr (constant == Activation::tanh) return;
#pragma GCC ivdep
    for (std::int64_t s = 0; s < count; ++s) z[s] = activated<constant>(z[s], slope).value;
  });
}

/// z ← σ(z), first ← σ'(z), second ← σ''(z); second may be null.
template <class Real>
[[gnu::always_inline]] inline void activate_with_derivatives(Activation kind, Real slope,
                                                             std::int64_t count, Real* z,
                                                             Real* first, Real* second) {
  shared::with_activation(kind, [&]<Activation constant>() CONVEXSCAN_INLINE {
    begin_activation<constant>(count, z);
    if (second == nullptr) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < count; ++s) {
        const auto value = activated<constant>(z[s], slope);
        z[s] = value.value;
        first[s] = value.first;
      }
    } else {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < count; ++s) {
        const auto value = activated<constant>(z[s], slope);
        z[s] = value.value;
        first[s] = value.first;
        second[s] = value.second;
      }
    }
  });
}

/// One neuron's Taylor series through σ, in place: components are columns apart, see
/// jet_components.
///   a_x = σ' z_x,   a_xx = σ' z_xx + σ'' z_x²,   a_xy = σ' z_xy + σ'' z_x z_y
template <class Real>
[[gnu::always_inline]] inline void activate_jet(Activation kind, Real slope, int axes,
                                                std::int64_t columns, Real* z) {
  if (kind == Activation::identity) return;
  Real* const v = z;
  Real* const x = z + columns;
  shared::with_activation(kind, [&]<Activation constant>() CONVEXSCAN_INLINE {
    begin_activation<constant>(columns, v);
    if (axes == 1) {
      Real* const xx = z + 2 * columns;
#pragma GCC ivdep
      for (std::int64_t s = 0; s < columns; ++s) {
        const auto a = activated<constant>(v[s], slope);
        v[s] = a.value;
        xx[s] = a.first * xx[s] + Real(0.5) * a.second * x[s] * x[s];
        x[s] *= a.first;
      }
    } else {
      Real* const y = z + 2 * columns;
      Real* const xx = z + 3 * columns;
      Real* const xy = z + 4 * columns;
      Real* const yy = z + 5 * columns;
#pragma GCC ivdep
      for (std::int64_t s = 0; s < columns; ++s) {
        const auto a = activated<constant>(v[s], slope);
        v[s] = a.value;
        xx[s] = a.first * xx[s] + Real(0.5) * a.second * x[s] * x[s];
        xy[s] = a.first * xy[s] + a.second * x[s] * y[s];
        yy[s] = a.first * yy[s] + Real(0.5) * a.second * y[s] * y[s];
        x[s] *= a.first;
        y[s] *= a.first;
      }
    }
  });
}

}  // namespace convexscan::cpu
