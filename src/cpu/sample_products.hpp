// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <utility>

#include "cpu/vector_product.hpp"

/// Products of two matrices over samples, C[r, c] = Σ_s A[r, s] B[c, s], for rows of a few hundred
/// samples side by side in memory: lanes are samples, sums stay in registers, and the left rows may be
/// made as they are used. Twice the speed of gemm for the few columns that a layer's inputs are.
namespace convexscan::cpu {

using Lanes = Vector<double>;
inline constexpr std::int64_t lane_count = 8;

[[gnu::always_inline]] inline Lanes load(const double* from) {
  return *reinterpret_cast<const Lanes*>(from);
}

[[gnu::always_inline]] inline void store(double* to, Lanes value) {
  *reinterpret_cast<Lanes*>(to) = value;
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

/// sums[r · stride + c] for `rows` rows that make(r, s) gives, eight samples at a time, and `columns`
/// rows of B, n apart. keep, when not null, gets the rows.
template <int rows, int columns, class Make>
[[gnu::always_inline]] inline void product_block(Make&& make, const double* b, std::int64_t n,
                                                 std::int64_t count, double* keep, double* sums,
                                                 std::int64_t stride) {
  constexpr int total = (rows * columns + 7) / 8 * 8;
  Lanes sum[total];
  for (int i = 0; i < total; ++i) sum[i] = Lanes{};
  for (std::int64_t s = 0; s < count; s += lane_count) {
    Lanes row[rows];
    for (int r = 0; r < rows; ++r) {
      row[r] = make(r, s);
      if (keep != nullptr) store(keep + r * n + s, row[r]);
    }
    for (int c = 0; c < columns; ++c) {
      const Lanes column = load(b + c * n + s);
      for (int r = 0; r < rows; ++r) sum[r * columns + c] += row[r] * column;
    }
  }
  double flat[total];
  for (int i = 0; i < total; i += 8) store(flat + i, sums_over_lanes(sum + i));
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) sums[r * stride + c] = flat[r * columns + c];
  }
}

template <int rows, class Make>
[[gnu::always_inline]] inline void product_columns(std::int64_t columns, Make&& make,
                                                   const double* b, std::int64_t n,
                                                   std::int64_t count, double* keep, double* sums,
                                                   std::int64_t stride) {
  switch (columns) {
    case 1:
      return product_block<rows, 1>(make, b, n, count, keep, sums, stride);
    case 2:
      return product_block<rows, 2>(make, b, n, count, keep, sums, stride);
    case 3:
      return product_block<rows, 3>(make, b, n, count, keep, sums, stride);
    case 4:
      return product_block<rows, 4>(make, b, n, count, keep, sums, stride);
    case 5:
      return product_block<rows, 5>(make, b, n, count, keep, sums, stride);
    default:
      return product_block<rows, 6>(make, b, n, count, keep, sums, stride);
  }
}

/// C[r, c] for `rows` made rows and any number of columns; kept is memory for rows · n values, which
/// the rows go to when they are used more than once. count, a multiple of 8, is how many samples of
/// the n in a row there are.
template <int rows, class Make>
[[gnu::always_inline]] inline void sample_product(std::int64_t columns, Make&& make,
                                                  const double* b, std::int64_t n,
                                                  std::int64_t count, double* kept, double* sums,
                                                  std::int64_t stride) {
  constexpr std::int64_t most = 6;
  std::int64_t blocks = (columns + most - 1) / most;
  if (blocks == 1) {
    product_columns<rows>(columns, make, b, n, count, nullptr, sums, stride);
    return;
  }
  const auto again = [&](int r, std::int64_t s) { return load(kept + r * n + s); };
  // Even blocks: 7 columns are 4 + 3 rather than 6 + 1.
  for (std::int64_t c = 0; c < columns; --blocks) {
    const std::int64_t width = (columns - c + blocks - 1) / blocks;
    if (c == 0) {
      product_columns<rows>(width, make, b, n, count, kept, sums, stride);
    } else {
      product_columns<rows>(width, again, b + c * n, n, count, nullptr, sums + c, stride);
    }
    c += width;
  }
}

}  // namespace convexscan::cpu
