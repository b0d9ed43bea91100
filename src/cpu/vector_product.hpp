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

/// What is done before and after a product while it is in registers.
template <class Real>
struct Around {
  const Real* bias = nullptr;  ///< (rows) that the sums begin with, instead of with out
  bool relu = false;           ///< of each sum; NaN stays
  bool from_zero = false;      ///< without a bias, the sums begin with 0, instead of with out
};

/// out[rows × columns] += W[rows × depth] · in[depth × columns]; columns a multiple of
/// column_multiple. The order of the sum over depth never depends on rows or columns.
template <class Real>
using LayerProduct = void (*)(const Weights<Real>& w, std::int64_t rows, std::int64_t depth,
                              const Real* in, std::int64_t in_stride, std::int64_t columns,
                              Real* out, std::int64_t out_stride, Around<Real> around);

/// The one made for vectors of 64, 32 or 16 bytes, which the processor must have.
template <class Real>
LayerProduct<Real> layer_product_with(int vector_bytes);

/// The one for this machine.
template <class Real>
inline const LayerProduct<Real> layer_product = layer_product_with<Real>(vector_bytes());

template <class Real>
inline void add_product(const Weights<Real>& w, std::int64_t rows, std::int64_t depth,
                        const Real* in, std::int64_t in_stride, std::int64_t columns, Real* out,
                        std::int64_t out_stride) {
  layer_product<Real>(w, rows, depth, in, in_stride, columns, out, out_stride, {});
}

/// out = W · in
template <class Real>
inline void form_product(const Weights<Real>& w, std::int64_t rows, std::int64_t depth,
                         const Real* in, std::int64_t in_stride, std::int64_t columns, Real* out,
                         std::int64_t out_stride) {
  layer_product<Real>(w, rows, depth, in, in_stride, columns, out, out_stride,
                      {.bias = nullptr, .relu = false, .from_zero = true});
}

}  // namespace convexscan::cpu
