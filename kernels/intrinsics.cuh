// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cuda/check.hpp"

/// All that kernels use of CUDA itself. tests/cuda_on_cpu holds a second file of this name and
/// content in which a block's threads are fibers; nothing else in kernels/ may know the difference.
namespace convexscan::kernels {

/// Lanes that run in step and exchange values; blocks are multiples of it.
inline constexpr int warp_size = 32;

__device__ inline std::int64_t block_index() { return blockIdx.x; }
__device__ inline int thread_index() { return static_cast<int>(threadIdx.x); }
__device__ inline int block_size() { return static_cast<int>(blockDim.x); }

/// Every thread of the block meets here, and sees what the others wrote before.
__device__ inline void synchronize_block() { __syncthreads(); }

/// The value of the lane with index lane ^ mask; every lane of the warp meets here.
template <class T>
__device__ inline T exchange_across(T value, int mask) {
  return __shfl_xor_sync(0xffffffffU, value, mask);
}

/// The block's dynamic shared memory, uninitialised.
template <class T>
__device__ inline T* shared_memory() {
  extern __shared__ __align__(16) unsigned char memory[];
  return reinterpret_cast<T*>(memory);
}

/// Every lane of the warp meets here, and sees what the others wrote before.
__device__ inline void synchronize_warp() { __syncwarp(); }

/// D = A·B + D over a warp in float64, on the tensor cores where there are any for it (PTX ISA,
/// mma.m16n8k4 and m8n8k4, .f64): with group = lane / 4 and t = lane % 4, a[i] = A(group + 8i, t),
/// b = B(t, group) and d[2i + j] = D(group + 8i, 2t + j). Volatile: every lane must come here, so
/// the compiler may not move it into a branch that only some of them take.
__device__ inline void multiply_add_16x8x4(double (&d)[4], const double (&a)[2], double b) {
#if __CUDA_ARCH__ >= 900
  asm volatile(
      "mma.sync.aligned.m16n8k4.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
      "{%0,%1,%2,%3};"
      : "+d"(d[0]), "+d"(d[1]), "+d"(d[2]), "+d"(d[3])
      : "d"(a[0]), "d"(a[1]), "d"(b));
#elif __CUDA_ARCH__ >= 800
  for (int i = 0; i < 2; ++i) {
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%3}, {%0,%1};"
                 : "+d"(d[2 * i]), "+d"(d[2 * i + 1])
                 : "d"(a[i]), "d"(b));
  }
#else
  const int group = thread_index() % warp_size / 4;
  const int t = thread_index() % 4;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 2; ++j) {
      const double weight = __shfl_sync(0xffffffffU, b, 4 * (2 * t + j) + k);
      for (int i = 0; i < 2; ++i) {
        d[2 * i + j] += __shfl_sync(0xffffffffU, a[i], 4 * group + k) * weight;
      }
    }
  }
#endif
}

/// Starts a kernel of grid blocks of block threads; the one place that does. No blocks, no start.
/// Throws Error naming the kernel when it cannot be started.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const char* name, std::int64_t grid, int block,
            std::size_t shared_bytes, cudaStream_t stream, Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  if (grid == 0) return;
  if (grid > std::numeric_limits<std::int32_t>::max()) {
    cuda::check_kernel(cudaErrorInvalidConfiguration, name);
  }
  constexpr std::size_t without_asking = 48 * 1024;
  if (shared_bytes > without_asking) {
    cuda::check_kernel(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                            static_cast<int>(shared_bytes)),
                       name);
  }
  std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
  std::apply(
      [&](auto&... value) {
        std::array<void*, sizeof...(value)> pointers{
            const_cast<void*>(static_cast<const void*>(&value))...};
        cuda::check_kernel(
            cudaLaunchKernel(reinterpret_cast<const void*>(kernel),
                             dim3(static_cast<unsigned>(grid)), dim3(static_cast<unsigned>(block)),
                             pointers.data(), shared_bytes, stream),
            name);
      },
      values);
  cuda::check_kernel(cudaGetLastError(), name);
}

}  // namespace convexscan::kernels
