// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cpu/targets.hpp"

/// Small matrix products over a tile of samples: samples lie side by side in memory, so that every
/// operation of a network is one vector instruction for several samples and no operand is packed.
namespace convexscan::cpu {

/// Columns of a tile are a multiple of this, so that a vector never runs over a row's end.
inline constexpr std::int64_t column_multiple = 32;

/// A matrix of weights read with any strides, so that Wᵀ needs no copy.
template <class Real>
struct Weights {
  const Real* data;
  std::int64_t row_stride;
  std::int64_t column_stride;
};

template <class Real>
using Vector [[gnu::vector_size(64), gnu::aligned(sizeof(Real)), gnu::may_alias]] = Real;

/// Adds W[rows × depth] · in[depth × columns] to a block of rows of out, held in registers.
template <int rows, class Real>
[[gnu::always_inline]] inline void add_product_block(const Weights<Real>& w, std::int64_t depth,
                                                     const Real* in, std::int64_t in_stride,
                                                     std::int64_t columns, Real* out,
                                                     std::int64_t out_stride) {
  constexpr int vectors = 2;
  constexpr std::int64_t lanes = 64 / static_cast<std::int64_t>(sizeof(Real));
  for (std::int64_t s = 0; s < columns; s += vectors * lanes) {
    Vector<Real> sum[rows][vectors];
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < vectors; ++v) {
        sum[r][v] = *reinterpret_cast<const Vector<Real>*>(out + r * out_stride + s + v * lanes);
      }
    }
    for (std::int64_t k = 0; k < depth; ++k) {
      Vector<Real> x[vectors];
      for (int v = 0; v < vectors; ++v) {
        x[v] = *reinterpret_cast<const Vector<Real>*>(in + k * in_stride + s + v * lanes);
      }
      for (int r = 0; r < rows; ++r) {
        const Real weight = w.data[r * w.row_stride + k * w.column_stride];
        for (int v = 0; v < vectors; ++v) sum[r][v] += weight * x[v];
      }
    }
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < vectors; ++v) {
        *reinterpret_cast<Vector<Real>*>(out + r * out_stride + s + v * lanes) = sum[r][v];
      }
    }
  }
}

/// out[rows × columns] += W[rows × depth] · in[depth × columns]; columns a multiple of
/// column_multiple. The order of the sum over depth never depends on rows or columns.
template <class Real>
[[gnu::always_inline]] inline void add_product(Weights<Real> w, std::int64_t rows,
                                               std::int64_t depth, const Real* in,
                                               std::int64_t in_stride, std::int64_t columns,
                                               Real* out, std::int64_t out_stride) {
  constexpr int block = 6;
  std::int64_t r = 0;
  const auto rest = [&]() CONVEXSCAN_INLINE -> Weights<Real> {
    return {w.data + r * w.row_stride, w.row_stride, w.column_stride};
  };
  for (; r + block <= rows; r += block) {
    add_product_block<block>(rest(), depth, in, in_stride, columns, out + r * out_stride,
                             out_stride);
  }
  for (; r + 2 <= rows; r += 2) {
    add_product_block<2>(rest(), depth, in, in_stride, columns, out + r * out_stride, out_stride);
  }
  if (r < rows) {
    add_product_block<1>(rest(), depth, in, in_stride, columns, out + r * out_stride, out_stride);
  }
}

}  // namespace convexscan::cpu
