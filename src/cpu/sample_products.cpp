// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/sample_products.hpp"

#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"

namespace convexscan::cpu {
namespace {

using Lanes = Vector<double>;

[[gnu::always_inline]] inline Lanes load(const double* from) {
  return *reinterpret_cast<const Lanes*>(from);
}

/// The eight sums over the lanes of eight vectors.
[[gnu::always_inline]] inline Lanes sums_over_lanes(const Lanes* v) {
  Lanes pair[4];
  for (int i = 0; i < 4; ++i) {
    pair[i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14) +
              __builtin_shufflevector(v[2 * i], v[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  Lanes quad[2];
  for (int i = 0; i < 2; ++i) {
    quad[i] = __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
              __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  return __builtin_shufflevector(quad[0], quad[1], 0, 1, 2, 3, 8, 9, 10, 11) +
         __builtin_shufflevector(quad[0], quad[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

template <int rows, int columns>
[[gnu::always_inline]] inline void product_block(const double* a, const double* b, std::int64_t n,
                                                 std::int64_t count, double* sums,
                                                 std::int64_t stride) {
  constexpr int total = (rows * columns + 7) / 8 * 8;
  Lanes sum[total];
  for (int i = 0; i < total; ++i) sum[i] = Lanes{};
  for (std::int64_t s = 0; s < count; s += lane_count) {
    Lanes row[rows];
    for (int r = 0; r < rows; ++r) row[r] = load(a + r * n + s);
    for (int c = 0; c < columns; ++c) {
      const Lanes column = load(b + c * n + s);
      for (int r = 0; r < rows; ++r) sum[r * columns + c] += row[r] * column;
    }
  }
  double flat[total];
  for (int i = 0; i < total; i += 8) {
    const Lanes sums_of_eight = sums_over_lanes(sum + i);
    for (int lane = 0; lane < 8; ++lane) flat[i + lane] = sums_of_eight[lane];
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) sums[r * stride + c] = flat[r * columns + c];
  }
}

template <int rows>
[[gnu::always_inline]] inline void product_rows(std::int64_t columns, const double* a,
                                                const double* b, std::int64_t n, std::int64_t count,
                                                double* sums) {
  // Even blocks: 7 columns are 4 + 3 rather than 6 + 1.
  constexpr std::int64_t most = 6;
  std::int64_t blocks = (columns + most - 1) / most;
  for (std::int64_t c = 0; c < columns; --blocks) {
    const std::int64_t width = (columns - c + blocks - 1) / blocks;
    const auto block = [&]<int constant>() {
      product_block<rows, constant>(a, b + c * n, n, count, sums + c, columns);
    };
    if (width == 6) block.template operator()<6>();
    if (width == 5) block.template operator()<5>();
    if (width == 4) block.template operator()<4>();
    if (width == 3) block.template operator()<3>();
    if (width == 2) block.template operator()<2>();
    if (width == 1) block.template operator()<1>();
    c += width;
  }
}

}  // namespace

CONVEXSCAN_VECTOR_TARGETS void sample_product(std::int64_t rows, std::int64_t columns,
                                              const double* a, const double* b, std::int64_t n,
                                              std::int64_t count, double* sums) {
  std::int64_t r = 0;
  if (rows == 4) {
    product_rows<4>(columns, a, b, n, count, sums);
    return;
  }
  for (; r < rows; ++r) product_rows<1>(columns, a + r * n, b, n, count, sums + r * columns);
}

}  // namespace convexscan::cpu
