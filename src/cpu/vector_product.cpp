// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/vector_product.hpp"

#include <algorithm>
#include <bit>

#include "cpu/targets.hpp"

namespace convexscan::cpu {
namespace {

template <int bytes, class Real>
using Vector [[gnu::vector_size(bytes), gnu::aligned(sizeof(Real)), gnu::may_alias]] = Real;

/// Sums that are under way at once: a fused multiplication and addition takes four or five cycles,
/// two begin in each.
constexpr int sums_under_way = 8;

/// A block of rows of a product, held in registers.
template <int bytes, int rows, class Real>
[[gnu::always_inline]] inline void form_block(const Weights<Real>& w, std::int64_t depth,
                                              const Real* in, std::int64_t in_stride,
                                              std::int64_t columns, Real* out,
                                              std::int64_t out_stride, const Around<Real>& around) {
  using Lanes = Vector<bytes, Real>;
  constexpr int lanes = bytes / static_cast<int>(sizeof(Real));
  constexpr int vectors = std::min<int>(
      column_multiple / lanes,
      std::max(2, static_cast<int>(std::bit_ceil(static_cast<unsigned>(sums_under_way / rows)))));
  static_assert(column_multiple % (vectors * lanes) == 0);
  for (std::int64_t s = 0; s < columns; s += vectors * lanes) {
    Lanes sum[rows][vectors];
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < vectors; ++v) {
        if (around.bias != nullptr) {
          sum[r][v] = Lanes{} + around.bias[r];
        } else if (around.from_zero) {
          sum[r][v] = Lanes{};
        } else {
          sum[r][v] = *reinterpret_cast<const Lanes*>(out + r * out_stride + s + v * lanes);
        }
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
    for (int r = 0; r < rows && around.relu; ++r) {
      for (int v = 0; v < vectors; ++v) sum[r][v] = sum[r][v] <= Real(0) ? Lanes{} : sum[r][v];
    }
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < vectors; ++v) {
        *reinterpret_cast<Lanes*>(out + r * out_stride + s + v * lanes) = sum[r][v];
      }
    }
  }
}

/// The given number of rows, at most as many as the registers hold.
template <int bytes, int rows, class Real>
[[gnu::always_inline]] inline void form_rows(std::int64_t number, const Weights<Real>& w,
                                             std::int64_t depth, const Real* in,
                                             std::int64_t in_stride, std::int64_t columns,
                                             Real* out, std::int64_t out_stride,
                                             const Around<Real>& around) {
  if (number == rows) {
    form_block<bytes, rows>(w, depth, in, in_stride, columns, out, out_stride, around);
  } else if constexpr (rows > 1) {
    form_rows<bytes, rows - 1>(number, w, depth, in, in_stride, columns, out, out_stride, around);
  }
}

/// All rows in blocks as even as can be, since a block of few leaves the processor idle: as many as
/// there are quickest ones in them, or as the registers need.
template <int bytes, int quickest, int most, class Real>
[[gnu::always_inline]] inline void form_all_rows(const Weights<Real>& w, std::int64_t rows,
                                                 std::int64_t depth, const Real* in,
                                                 std::int64_t in_stride, std::int64_t columns,
                                                 Real* out, std::int64_t out_stride,
                                                 Around<Real> around) {
  std::int64_t blocks = std::max((rows + most - 1) / most, rows / quickest);
  for (std::int64_t r = 0; r < rows; --blocks) {
    const std::int64_t number = (rows - r + blocks - 1) / blocks;
    form_rows<bytes, most>(number, {w.data + r * w.row_stride, w.row_stride, w.column_stride},
                           depth, in, in_stride, columns, out + r * out_stride, out_stride, around);
    if (around.bias != nullptr) around.bias += number;
    r += number;
  }
}

// 32 registers of 64 bytes, else 16; with these, four rows leave some to begin the next block with
// before the last one ends.
template <class Real>
CONVEXSCAN_VECTORS_OF_64 void product_64(const Weights<Real>& w, std::int64_t rows,
                                         std::int64_t depth, const Real* in, std::int64_t in_stride,
                                         std::int64_t columns, Real* out, std::int64_t out_stride,
                                         Around<Real> around) {
  form_all_rows<64, 8, 8>(w, rows, depth, in, in_stride, columns, out, out_stride, around);
}

template <class Real>
CONVEXSCAN_VECTORS_OF_32 void product_32(const Weights<Real>& w, std::int64_t rows,
                                         std::int64_t depth, const Real* in, std::int64_t in_stride,
                                         std::int64_t columns, Real* out, std::int64_t out_stride,
                                         Around<Real> around) {
  form_all_rows<32, 4, 6>(w, rows, depth, in, in_stride, columns, out, out_stride, around);
}

template <class Real>
CONVEXSCAN_VECTORS_OF_16 void product_16(const Weights<Real>& w, std::int64_t rows,
                                         std::int64_t depth, const Real* in, std::int64_t in_stride,
                                         std::int64_t columns, Real* out, std::int64_t out_stride,
                                         Around<Real> around) {
  form_all_rows<16, 4, 6>(w, rows, depth, in, in_stride, columns, out, out_stride, around);
}

}  // namespace

template <class Real>
LayerProduct<Real> layer_product_with(int vector_bytes) {
  if (vector_bytes == 64) return product_64<Real>;
  return vector_bytes == 32 ? product_32<Real> : product_16<Real>;
}

template LayerProduct<double> layer_product_with(int);
template LayerProduct<float> layer_product_with(int);

}  // namespace convexscan::cpu
