// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>

/// How tests look into the emulated device.
namespace convexscan::cuda_on_cpu {

/// Makes the n-th allocation from now on fail, once; 0 lets all succeed.
void fail_allocation(std::int64_t n);

/// What the device says is free; allocations do not change it.
void pretend_free(std::size_t bytes);
inline constexpr std::size_t usual_free = std::size_t{1} << 30;

/// What compute capability the device says it has, 90 for 9.0.
void pretend_capability(int capability);
inline constexpr int usual_capability = 90;

/// How many allocations are alive, and how many there ever were.
std::int64_t live_allocations();
std::int64_t allocations();

/// Bytes that were copied so far, either way.
std::int64_t copied_bytes();

}  // namespace convexscan::cuda_on_cpu
