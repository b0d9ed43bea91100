// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/intrinsics.cuh"
#include "shared/compensated_sum.hpp"

/// Loops and sums of a block, in an order that depends on nothing but its size.
namespace convexscan::kernels {

/// Calls body(i) for i in [0, count), spread over the threads of the block.
template <class Body>
__device__ inline void for_each_in_block(std::int64_t count, Body&& body) {
  for (std::int64_t i = thread_index(); i < count; i += block_size()) body(i);
}

/// Every lane gets the sum over its warp, by a fixed tree.
__device__ inline double warp_sum(double value) {
  for (int mask = warp_size / 2; mask > 0; mask /= 2) value += exchange_across(value, mask);
  return value;
}

/// Thread 0 gets the sum over the block, by a fixed tree; scratch holds one double for each warp.
/// All threads may use scratch again after the next synchronize_block().
__device__ inline double block_sum(double value, double* scratch) {
  value = warp_sum(value);
  const int warps = block_size() / warp_size;
  if (warps == 1) return value;
  if (thread_index() % warp_size == 0) scratch[thread_index() / warp_size] = value;
  synchronize_block();
  if (thread_index() == 0) {
    for (int w = 1; w < warps; ++w) value += scratch[w];
  }
  return value;
}

}  // namespace convexscan::kernels
