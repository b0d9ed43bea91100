// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/vector_product.hpp"

#include "cpu/targets.hpp"

namespace convexscan::cpu {
namespace {

template <int bytes, class Real>
using Vector [[gnu::vector_size(bytes), gnu::aligned(sizeof(Real)), gnu::may_alias]] = Real;

/// Adds W[rows × depth] · in[depth × columns] to a block of rows of out, held in registers.
template <int bytes, int rows, class Real>
[[gnu::always_inline]] inline void add_block(const Weights<Real>& w, std::int64_t depth,
                                             const Real* in, std::int64_t in_stride,
                                             std::int64_t columns, Real* out,
                                             std::int64_t out_stride) {
  using Lanes = Vector<bytes, Real>;
  constexpr int vectors = 2;
  constexpr std::int64_t lanes = bytes / static_cast<std::int64_t>(sizeof(Real));
  static_assert(column_multiple % (vectors * lanes) == 0);
  for (std::int64_t s = 0; s < columns; s += vectors * lanes) {
    Lanes sum[rows][vectors];
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < vectors; ++v) {
        sum[r][v] = *reinterpret_cast<const Lanes*>(out + r * out_stride + s + v * lanes);
      }
    }
    for (std::int64_t k = 0; k < depth; ++k) {
      Lanes x[vectors];
      for (int v = 0; v < vectors; ++v) {
        x[v] = *reinterpret_cast<const Lanes*>(in + k * in_stride + s + v * lanes);
      }
      for (int r = 0; r < rows; ++r) {
        const Real weight = w.data[r * w.row_stride + k * w.column_stride];
        for (int v = 0; v < vectors; ++v) sum[r][v] += weight * x[v];
      }
    }
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < vectors; ++v) {
        *reinterpret_cast<Lanes*>(out + r * out_stride + s + v * lanes) = sum[r][v];
      }
    }
  }
}

/// All rows, in blocks of the given size and the rest in smaller ones.
template <int bytes, int block, class Real>
[[gnu::always_inline]] inline void add_rows(Weights<Real> w, std::int64_t rows, std::int64_t depth,
                                            const Real* in, std::int64_t in_stride,
                                            std::int64_t columns, Real* out,
                                            std::int64_t out_stride) {
  std::int64_t r = 0;
  for (; r + block <= rows; r += block) {
    add_block<bytes, block>({w.data + r * w.row_stride, w.row_stride, w.column_stride}, depth, in,
                            in_stride, columns, out + r * out_stride, out_stride);
  }
  if constexpr (block > 1) {
    add_rows<bytes, block / 2>({w.data + r * w.row_stride, w.row_stride, w.column_stride}, rows - r,
                               depth, in, in_stride, columns, out + r * out_stride, out_stride);
  }
}

// Blocks of rows that fill the registers: 32 of 64 bytes, else 16.
template <class Real>
CONVEXSCAN_VECTORS_OF_64 void product_64(const Weights<Real>& w, std::int64_t rows,
                                         std::int64_t depth, const Real* in, std::int64_t in_stride,
                                         std::int64_t columns, Real* out, std::int64_t out_stride) {
  add_rows<64, 8>(w, rows, depth, in, in_stride, columns, out, out_stride);
}

template <class Real>
CONVEXSCAN_VECTORS_OF_32 void product_32(const Weights<Real>& w, std::int64_t rows,
                                         std::int64_t depth, const Real* in, std::int64_t in_stride,
                                         std::int64_t columns, Real* out, std::int64_t out_stride) {
  add_rows<32, 6>(w, rows, depth, in, in_stride, columns, out, out_stride);
}

template <class Real>
CONVEXSCAN_VECTORS_OF_16 void product_16(const Weights<Real>& w, std::int64_t rows,
                                         std::int64_t depth, const Real* in, std::int64_t in_stride,
                                         std::int64_t columns, Real* out, std::int64_t out_stride) {
  add_rows<16, 6>(w, rows, depth, in, in_stride, columns, out, out_stride);
}

}  // namespace

template <class Real>
AddProduct<Real> add_product_with(int vector_bytes) {
  if (vector_bytes == 64) return product_64<Real>;
  return vector_bytes == 32 ? product_32<Real> : product_16<Real>;
}

template AddProduct<double> add_product_with(int);
template AddProduct<float> add_product_with(int);

}  // namespace convexscan::cpu
