// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/packed_spectra.hpp"
#include "kernels/symmetric_batch.cuh"

namespace convexscan::kernels {

/// Threads of a block, and so the most rows: a thread owns a row.
inline constexpr int packed_block = 256;
inline constexpr int packed_scratch = packed_block / warp_size + 1;  // doubles

constexpr std::int64_t packed_size(std::int64_t n) { return n * (n + 1) / 2; }

/// A symmetric matrix in a block's memory: rows of the lower triangle, one behind the other. Where
/// row i starts is a triangular number, and 16 of these that follow each other lie in 16 different
/// banks, so that threads may walk along their rows in step.
struct PackedMatrix {
  double* entries;
  int n;
  double* scratch;  ///< (packed_scratch), for sums

  __device__ double* row(int i) const { return entries + packed_size(i); }
  __device__ double& at(int i, int j) const { return row(i)[j]; }

  /// Reads the lower triangle, several rows at once.
  __device__ void load(const double* matrix) const {
    constexpr int rows = 8;
    const int j = thread_index();
    for (int i = 0; i < n; i += rows) {
      double values[rows];
#pragma unroll
      for (int r = 0; r < rows; ++r) {
        const bool inside = i + r < n && j <= i + r;
        values[r] = inside ? matrix[static_cast<std::int64_t>(i + r) * n + j] : 0.0;
      }
#pragma unroll
      for (int r = 0; r < rows; ++r) {
        if (i + r < n && j <= i + r) at(i + r, j) = values[r];
      }
    }
    synchronize_block();
  }

  /// The largest of the block's non-negative values, for every thread.
  __device__ double largest(double value) const {
    for (int mask = warp_size / 2; mask > 0; mask /= 2) {
      const double other = exchange_across(value, mask);
      value = other > value ? other : value;
    }
    if (thread_index() % warp_size == 0) scratch[thread_index() / warp_size] = value;
    synchronize_block();
    for (int w = 0; w < packed_block / warp_size; ++w) {
      value = scratch[w] > value ? scratch[w] : value;
    }
    synchronize_block();
    return value;
  }

  /// The sum over the block, for every thread.
  __device__ double sum(double value) const {
    const double all = block_sum(value, scratch);
    if (thread_index() == 0) scratch[packed_scratch - 1] = all;
    synchronize_block();
    const double result = scratch[packed_scratch - 1];
    synchronize_block();
    return result;
  }
};

}  // namespace convexscan::kernels
