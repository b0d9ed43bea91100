// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/sample_products.hpp"

#include <algorithm>

namespace convexscan::cpu {
namespace {

template <int bytes>
using Vector [[gnu::vector_size(bytes), gnu::aligned(sizeof(double)), gnu::may_alias]] = double;

/// Sums over lane_count lanes, ((0+1)+(2+3)) + ((4+5)+(6+7)), of as many sums as a vector has
/// lanes; each lies in one vector or in several.
[[gnu::always_inline]] inline Vector<64> sums_over_lanes(const Vector<64> (*v)[1]) {
  using Lanes = Vector<64>;
  Lanes pair[4];
  for (int i = 0; i < 4; ++i) {
    pair[i] = __builtin_shufflevector(v[2 * i][0], v[2 * i + 1][0], 0, 8, 2, 10, 4, 12, 6, 14) +
              __builtin_shufflevector(v[2 * i][0], v[2 * i + 1][0], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  Lanes quad[2];
  for (int i = 0; i < 2; ++i) {
    quad[i] = __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
              __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  return __builtin_shufflevector(quad[0], quad[1], 0, 1, 2, 3, 8, 9, 10, 11) +
         __builtin_shufflevector(quad[0], quad[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

[[gnu::always_inline]] inline Vector<32> sums_over_lanes(const Vector<32> (*v)[2]) {
  using Lanes = Vector<32>;
  Lanes half[2];
  for (int h = 0; h < 2; ++h) {
    Lanes pair[2];
    for (int i = 0; i < 2; ++i) {
      const Lanes a = v[2 * i][h];
      const Lanes b = v[2 * i + 1][h];
      pair[i] =
          __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
    }
    half[h] = __builtin_shufflevector(pair[0], pair[1], 0, 1, 4, 5) +
              __builtin_shufflevector(pair[0], pair[1], 2, 3, 6, 7);
  }
  return half[0] + half[1];
}

[[gnu::always_inline]] inline Vector<16> sums_over_lanes(const Vector<16> (*v)[4]) {
  using Lanes = Vector<16>;
  Lanes pair[4];
  for (int p = 0; p < 4; ++p) {
    pair[p] = __builtin_shufflevector(v[0][p], v[1][p], 0, 2) +
              __builtin_shufflevector(v[0][p], v[1][p], 1, 3);
  }
  return (pair[0] + pair[1]) + (pair[2] + pair[3]);
}

/// A block of sums held in registers.
template <int bytes, int rows, int columns>
[[gnu::always_inline]] inline void product_block(const double* a, const double* b, std::int64_t n,
                                                 std::int64_t count, double* sums,
                                                 std::int64_t stride) {
  using Part = Vector<bytes>;
  constexpr int parts = 64 / bytes;
  constexpr int lanes = bytes / 8;
  constexpr int total = (rows * columns + lanes - 1) / lanes * lanes;
  Part sum[total][parts];
  for (int i = 0; i < total; ++i) {
    for (int p = 0; p < parts; ++p) sum[i][p] = Part{};
  }
  for (std::int64_t s = 0; s < count; s += lane_count) {
    for (int p = 0; p < parts; ++p) {
      const auto load = [&](const double* from) CONVEXSCAN_INLINE {
        return *reinterpret_cast<const Part*>(from + s + p * lanes);
      };
      Part row[rows];
      for (int r = 0; r < rows; ++r) row[r] = load(a + r * n);
      for (int c = 0; c < columns; ++c) {
        const Part column = load(b + c * n);
        for (int r = 0; r < rows; ++r) sum[r * columns + c][p] += row[r] * column;
      }
    }
  }
  double flat[total];
  for (int i = 0; i < total; i += lanes) {
    const Part sums_of_these = sums_over_lanes(&sum[i]);
    for (int lane = 0; lane < lanes; ++lane) flat[i + lane] = sums_of_these[lane];
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) sums[r * stride + c] = flat[r * columns + c];
  }
}

/// All columns in even blocks of at most most: 7 columns are 4 + 3 rather than 6 + 1.
template <int bytes, int most, int rows>
[[gnu::always_inline]] inline void product_rows(std::int64_t columns, const double* a,
                                                const double* b, std::int64_t n, std::int64_t count,
                                                double* sums) {
  std::int64_t blocks = (columns + most - 1) / most;
  for (std::int64_t c = 0; c < columns; --blocks) {
    const std::int64_t width = (columns - c + blocks - 1) / blocks;
    const auto block = [&]<int constant>() CONVEXSCAN_INLINE {
      if constexpr (constant <= most) {
        if (width == constant) {
          product_block<bytes, rows, constant>(a, b + c * n, n, count, sums + c, columns);
        }
      }
    };
    block.template operator()<6>();
    block.template operator()<5>();
    block.template operator()<4>();
    block.template operator()<3>();
    block.template operator()<2>();
    block.template operator()<1>();
    c += width;
  }
}

/// Rows in blocks of the given size, the rest one by one.
template <int bytes, int block, int most>
[[gnu::always_inline]] inline void product(std::int64_t rows, std::int64_t columns, const double* a,
                                           const double* b, std::int64_t n, std::int64_t count,
                                           double* sums) {
  std::int64_t r = 0;
  for (; r + block <= rows; r += block) {
    product_rows<bytes, most, block>(columns, a + r * n, b, n, count, sums + r * columns);
  }
  for (; r < rows; ++r) {
    product_rows<bytes, most, 1>(columns, a + r * n, b, n, count, sums + r * columns);
  }
}

// Blocks that fill the registers: 32 of 64 bytes, else 16, of which a sum takes two or four.
CONVEXSCAN_VECTORS_OF_64 void product_64(std::int64_t rows, std::int64_t columns, const double* a,
                                         const double* b, std::int64_t n, std::int64_t count,
                                         double* sums) {
  product<64, 4, 6>(rows, columns, a, b, n, count, sums);
}

CONVEXSCAN_VECTORS_OF_32 void product_32(std::int64_t rows, std::int64_t columns, const double* a,
                                         const double* b, std::int64_t n, std::int64_t count,
                                         double* sums) {
  product<32, 2, 3>(rows, columns, a, b, n, count, sums);
}

CONVEXSCAN_VECTORS_OF_16 void product_16(std::int64_t rows, std::int64_t columns, const double* a,
                                         const double* b, std::int64_t n, std::int64_t count,
                                         double* sums) {
  product<16, 1, 3>(rows, columns, a, b, n, count, sums);
}

}  // namespace

SampleProduct sample_product_with(int vector_bytes) {
  if (vector_bytes == 64) return product_64;
  return vector_bytes == 32 ? product_32 : product_16;
}

}  // namespace convexscan::cpu
