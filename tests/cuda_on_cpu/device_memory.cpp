// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda_on_cpu/device_memory.hpp"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace convexscan::cuda_on_cpu {
namespace {

std::int64_t live = 0;
std::int64_t made = 0;
std::int64_t until_no_memory = 0;
std::int64_t copied = 0;
std::size_t free_bytes = usual_free;

/// Before every allocation; behind it lie guard bytes too.
struct Header {
  std::size_t bytes;
  unsigned char guard[56];
};

constexpr unsigned char guard_value = 0xA5;
constexpr int nan_byte = 0xFF;  // of float and double alike when every byte is so

bool intact(const unsigned char* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count,
                     [](unsigned char value) { return value == guard_value; });
}

}  // namespace

void fail_allocation(std::int64_t n) { until_no_memory = n; }
void pretend_free(std::size_t bytes) { free_bytes = bytes; }
std::int64_t live_allocations() { return live; }
std::int64_t allocations() { return made; }
std::int64_t copied_bytes() { return copied; }

}  // namespace convexscan::cuda_on_cpu

using namespace convexscan::cuda_on_cpu;

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  if (until_no_memory > 0 && --until_no_memory == 0) return cudaErrorMemoryAllocation;
  auto* const header = static_cast<Header*>(std::malloc(2 * sizeof(Header) + bytes));
  if (header == nullptr) return cudaErrorMemoryAllocation;
  ++made;
  ++live;
  header->bytes = bytes;
  std::memset(header->guard, guard_value, sizeof(header->guard));
  auto* const data = reinterpret_cast<unsigned char*>(header + 1);
  std::memset(data, nan_byte, bytes);
  std::memset(data + bytes, guard_value, sizeof(Header));
  *memory = data;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (memory == nullptr) return cudaSuccess;
  auto* const header = static_cast<Header*>(memory) - 1;
  const auto* const data = static_cast<const unsigned char*>(memory);
  if (!intact(header->guard, sizeof(header->guard)) ||
      !intact(data + header->bytes, sizeof(Header))) {
    // A destructor calls this: there is no one to throw to.
    std::fputs("device memory was written beyond an allocation's ends\n", stderr);
    std::abort();
  }
  --live;
  std::free(header);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = free_bytes;
  *total = usual_free;
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  std::memcpy(to, from, bytes);
  copied += static_cast<std::int64_t>(bytes);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
  std::memset(memory, value, bytes);
  return cudaSuccess;
}
