// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/targets.hpp"

namespace convexscan::cpu {

int vector_bytes() {
#if defined(__x86_64__) && !defined(__clang__)  // whose version 14 has no names for the levels
  static const int bytes = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return 64;
    return __builtin_cpu_supports("x86-64-v3") ? 32 : 16;
  }();
  return bytes;
#else
  return 16;
#endif
}

}  // namespace convexscan::cpu
