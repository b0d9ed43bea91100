// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <type_traits>

#include "cuda_on_cpu/execution.hpp"

/// What kernels/intrinsics.cuh offers, with a block's threads as fibers: see execution.hpp.

#define __global__
#define __device__
#define __launch_bounds__(...)

namespace convexscan::kernels {

namespace emulation = cuda_on_cpu;

inline constexpr int warp_size = emulation::warp_size;

inline std::int64_t block_index() { return emulation::this_thread().block; }
inline int thread_index() { return emulation::this_thread().index; }
inline int block_size() { return emulation::this_thread().block_size; }

inline void synchronize_block(std::source_location at = std::source_location::current()) {
  emulation::meet_block(at);
}

template <class T>
T exchange_across(T value, int mask, std::source_location at = std::source_location::current()) {
  const auto* values = static_cast<const T*>(emulation::meet_warp(&value, sizeof(T), at));
  return values[(thread_index() % warp_size) ^ mask];
}

template <class T>
T* shared_memory() {
  return static_cast<T*>(emulation::this_thread().shared);
}

inline void synchronize_warp(std::source_location at = std::source_location::current()) {
  emulation::meet_warp(nullptr, 0, at);
}

/// The definition, lane by lane, of what the tensor cores do.
inline void multiply_add_16x8x4(double (&d)[4], const double (&a)[2], double b,
                                std::source_location at = std::source_location::current()) {
  struct Operands {
    double a[2];
    double b;
  };
  const Operands mine{{a[0], a[1]}, b};
  const auto* lanes = static_cast<const Operands*>(emulation::meet_warp(&mine, sizeof(mine), at));
  const int group = thread_index() % warp_size / 4;
  const int t = thread_index() % 4;
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      for (int k = 0; k < 4; ++k) {
        d[2 * i + j] =
            std::fma(lanes[4 * group + k].a[i], lanes[4 * (2 * t + j) + k].b, d[2 * i + j]);
      }
    }
  }
}

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const char* name, std::int64_t grid, int block,
            std::size_t shared_bytes, cudaStream_t, Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  emulation::run_kernel(name, grid, block, shared_bytes,
                        [&] { kernel(static_cast<Parameters>(arguments)...); });
}

}  // namespace convexscan::kernels
