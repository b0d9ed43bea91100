// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/network_slice.hpp"
#include "cpu/targets.hpp"
#include "shared/activations.hpp"

/// What a layer does besides its matrix product and its activation, on tiles of samples.
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

/// Rows that are affine in the coordinates at a point, for tile_samples samples from start on; with
/// relu, max(0, ·) of them, where NaN stays.
template <bool relu = false, class Real>
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
  constexpr Activation kind = relu ? Activation::relu : Activation::identity;
  const auto rectified = [](Real z) CONVEXSCAN_INLINE {
    return shared::activation<kind>(z, Real(0)).value;
  };
  for (std::int64_t o = 0; o < rows; ++o) {
    Real* to = out + o * stride;
    const std::int64_t at = o * from;
    if (slice.axes == 0) {
      for (std::int64_t s = 0; s < tile_samples; ++s) to[s] = rectified(z0[at + s]);
    } else if (slice.axes == 1) {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < tile_samples; ++s) {
        to[s] = rectified(z0[at + s] + x * zx[at + s]);
      }
    } else {
#pragma GCC ivdep
      for (std::int64_t s = 0; s < tile_samples; ++s) {
        to[s] = rectified(z0[at + s] + x * zx[at + s] + y * zy[at + s]);
      }
    }
  }
}

/// Z of the first layer at a point, or max(0, Z), for tile_samples samples from start on.
template <bool relu = false, class Real>
[[gnu::always_inline]] inline void first_layer(const NetworkSlice<Real>& slice,
                                               const double* coordinates, std::int64_t start,
                                               Real* out, std::int64_t stride) {
  affine_rows<relu>(slice, slice.first, slice.data.layers.front().outputs, coordinates, start, out,
                    stride);
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

}  // namespace convexscan::cpu
