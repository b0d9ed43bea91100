// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/network_slice.hpp"
#include "cpu/targets.hpp"
#include "shared/activations.hpp"

/// What a layer does besides its matrix product, on tiles of samples.
namespace convexscan::cpu {

/// Rows of samples, stride apart.
template <class Real>
struct Matrix {
  Real* data;
  std::int64_t stride;
};

/// Every row set to its own value, or to zero.
template <class Real>
[[gnu::always_inline]] inline void fill_rows(Real* out, std::int64_t stride, std::int64_t rows,
                                             std::int64_t columns, const Real* value) {
  for (std::int64_t r = 0; r < rows; ++r) {
    std::fill_n(out + r * stride, columns, value == nullptr ? Real(0) : value[r]);
  }
}

template <class Real>
[[gnu::always_inline]] inline void add_rows(Matrix<const Real> in, std::int64_t rows,
                                            std::int64_t columns, Real* out, std::int64_t stride) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (std::int64_t s = 0; s < columns; ++s) out[r * stride + s] += in.data[r * in.stride + s];
  }
}

/// Rows that are affine in the coordinates at a point, for tile_samples samples from start on.
template <class Real>
[[gnu::always_inline]] inline void affine_rows(
    const NetworkSlice<Real>& slice,
    const std::array<Aligned<Real>, 1 + NetworkSlice<Real>::max_axes>& parts, std::int64_t rows,
    const double* coordinates, std::int64_t start, Real* out, std::int64_t stride) {
  const std::int64_t from = slice.data.stride;
  const Real x = slice.axes > 0 ? static_cast<Real>(coordinates[0]) : Real(0);
  const Real y = slice.axes > 1 ? static_cast<Real>(coordinates[1]) : Real(0);
  const Real* z0 = parts[0].data() + start;
  const Real* zx = parts[slice.axes > 0 ? 1 : 0].data() + start;
  const Real* zy = parts[slice.axes > 1 ? 2 : 0].data() + start;
  for (std::int64_t o = 0; o < rows; ++o) {
    Real* to = out + o * stride;
    const std::int64_t at = o * from;
    if (slice.axes == 0) {
      std::copy_n(z0 + at, tile_samples, to);
    } else if (slice.axes == 1) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < tile_samples; ++s) to[s] = z0[at + s] + x * zx[at + s];
    } else {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < tile_samples; ++s) {
        to[s] = z0[at + s] + x * zx[at + s] + y * zy[at + s];
      }
    }
  }
}

/// Z of the first layer at a point, for tile_samples samples from start on.
template <class Real>
[[gnu::always_inline]] inline void first_layer(const NetworkSlice<Real>& slice,
                                               const double* coordinates, std::int64_t start,
                                               Real* out, std::int64_t stride) {
  affine_rows(slice, slice.first, slice.data.layers.front().outputs, coordinates, start, out,
              stride);
}

/// z ← σ(z)
template <class Real>
[[gnu::always_inline]] inline void activate(Activation kind, Real slope, std::int64_t count,
                                            Real* z) {
  if (kind == Activation::identity) return;
  shared::with_activation(kind, [&]<Activation constant>() CONVEXSCAN_INLINE {
#pragma GCC ivdep
    for (std::int64_t s = 0; s < count; ++s) {
      z[s] = shared::activation<constant>(z[s], slope).value;
    }
  });
}

/// z ← σ(z), first ← σ'(z), second ← σ''(z); second may be null.
template <class Real>
[[gnu::always_inline]] inline void activate_with_derivatives(Activation kind, Real slope,
                                                             std::int64_t count, Real* z,
                                                             Real* first, Real* second) {
  shared::with_activation(kind, [&]<Activation constant>() CONVEXSCAN_INLINE {
    if (second == nullptr) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < count; ++s) {
        const auto value = shared::activation<constant>(z[s], slope);
        z[s] = value.value;
        first[s] = value.first;
      }
    } else {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < count; ++s) {
        const auto value = shared::activation<constant>(z[s], slope);
        z[s] = value.value;
        first[s] = value.first;
        second[s] = value.second;
      }
    }
  });
}

/// Multiplies rows of samples, from sample start on, with the layer's mask: values, (rows, stride)
/// each, are σ and what is derived from it. columns is a whole number of tiles.
template <class Real, class... Values>
[[gnu::always_inline]] inline void drop_out(const shared::DropoutMask<Real>& mask,
                                            std::int64_t rows, std::int64_t start,
                                            std::int64_t columns, std::int64_t stride,
                                            Values*... values) {
  if (!mask.drops()) return;
  for (std::int64_t r = 0; r < rows; ++r) {
    const shared::MaskRow<Real> row = mask.row(r);
#pragma GCC ivdep
    for (std::int64_t s = 0; s < columns; ++s) {
      const Real factor = row.at(start + s);
      ((values[r * stride + s] *= factor), ...);
    }
  }
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
    if (axes == 1) {
      Real* const xx = z + 2 * columns;
#pragma GCC ivdep
      for (std::int64_t s = 0; s < columns; ++s) {
        const auto a = shared::activation<constant>(v[s], slope);
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
        const auto a = shared::activation<constant>(v[s], slope);
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
