// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "counted_allocations.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> counted = 0;

void* count(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  ++counted;
  return memory;
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // which has its own, and compares each delete with its new
// In a file of its own, compiled alone: beside their callers the compiler takes malloc and delete
// for a mismatch.
void* operator new(std::size_t size) { return count(std::malloc(size == 0 ? 1 : size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return count(std::aligned_alloc(unit, (std::max<std::size_t>(size, 1) + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace convexscan {

std::int64_t allocations() { return counted; }

}  // namespace convexscan
