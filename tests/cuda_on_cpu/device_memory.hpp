// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

/// How tests look into the emulated device's memory.
namespace convexscan::cuda_on_cpu {

/// Makes the n-th allocation from now on fail, once; 0 lets all succeed.
void fail_allocation(std::int64_t n);

/// How many allocations are alive, and how many there ever were.
std::int64_t live_allocations();
std::int64_t allocations();

}  // namespace convexscan::cuda_on_cpu
