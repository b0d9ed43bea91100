// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <stdexcept>

/// CUDA's execution model for tests: blocks run one after the other; a block's threads are fibers
/// that run until they meet the others of their block or warp.
///
/// What a GPU would leave undefined ends the kernel with KernelError: threads of a block that wait
/// in different places, or for a thread that has ended; lanes of a warp that do not all take part
/// in an exchange; writes beyond the shared memory that was asked for. Shared memory starts as NaN.
namespace convexscan::cuda_on_cpu {

inline constexpr int warp_size = 32;

struct KernelError : std::logic_error {
  using std::logic_error::logic_error;
};

/// The CUDA thread that is running.
struct ThisThread {
  std::int64_t block = 0;
  int index = 0;
  int block_size = 0;
  void* shared = nullptr;
};
const ThisThread& this_thread();

/// Waits for every thread of the block.
void meet_block(const std::source_location& at);

/// Waits for every lane of the warp; then the values of all lanes, valid until the warp meets twice
/// more.
/// bytes ≤ 32.
const void* meet_warp(const void* value, std::size_t bytes, const std::source_location& at);

/// Runs grid blocks of block threads, each of which calls body.
void run_kernel(const char* name, std::int64_t grid, int block, std::size_t shared_bytes,
                const std::function<void()>& body);

}  // namespace convexscan::cuda_on_cpu
