// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/primitives.cuh"

namespace convexscan::kernels {

/// Rows of A·x that a block makes at once: a lane has one.
inline constexpr int product_rows = warp_size;
inline constexpr int product_block = 256;
inline constexpr int product_warps = product_block / warp_size;
/// Doubles of shared memory.
inline constexpr int product_scratch = (product_warps + 1) * product_rows;

/// product[r] = (A·x)[r] for the rows r from `first` on, at most product_rows; by all threads of a
/// block, for a symmetric matrix (n, n) of which the lower triangle is read. A row's entries come
/// from its own row up to the diagonal and from its column below, so that both are read in runs.
__device__ inline void symmetric_product(const double* matrix, int n, int first, const double* x,
                                         double* product, double* scratch) {
  const int lane = thread_index() % warp_size;
  const int warp = thread_index() / warp_size;
  double* const along_rows = scratch + product_warps * product_rows;
  for (int r = warp; r < product_rows && first + r < n; r += product_warps) {
    const double* const row = matrix + static_cast<std::int64_t>(first + r) * n;
    double sum = 0.0;
#pragma unroll 4
    for (int c = lane; c <= first + r; c += warp_size) sum += row[c] * x[c];
    sum = warp_sum(sum);
    if (lane == 0) along_rows[r] = sum;
  }
  const int column = first + lane;
  double sum = 0.0;
#pragma unroll 4
  for (int r = first + 1 + warp; r < n; r += product_warps) {
    if (column < r) sum += matrix[static_cast<std::int64_t>(r) * n + column] * x[r];
  }
  scratch[warp * product_rows + lane] = sum;
  synchronize_block();
  if (warp == 0 && column < n) {
    double total = along_rows[lane];
#pragma unroll
    for (int w = 0; w < product_warps; ++w) total += scratch[w * product_rows + lane];
    product[column] = total;
  }
  synchronize_block();
}

}  // namespace convexscan::kernels
