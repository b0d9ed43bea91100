// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

/// One binary serves every x86-64 machine: what takes time is compiled once for each generation of
/// vector registers, and the right one is picked when the program runs.
///
/// CONVEXSCAN_VECTOR_TARGETS does it for loops that the compiler vectorises. Only what is inlined
/// into the function is compiled so, hence the attribute on every loop and lambda on the way.
///
/// Where the source itself names a vector's width, no clone can change it, and vectors wider than
/// the registers go through memory, a hundred times slower. Such functions are templates over the
/// width, instantiated in one CONVEXSCAN_VECTORS_OF_n function each; vector_bytes() picks.
#ifdef __x86_64__
#ifdef __clang__  // clones nothing that is flattened; it checks these sources, GCC compiles them
#define CONVEXSCAN_VECTOR_TARGETS [[gnu::flatten]]
#else
#define CONVEXSCAN_VECTOR_TARGETS \
  [[gnu::flatten, gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#endif
#define CONVEXSCAN_VECTORS_OF_64 [[gnu::flatten, gnu::target("arch=x86-64-v4")]]
#define CONVEXSCAN_VECTORS_OF_32 [[gnu::flatten, gnu::target("arch=x86-64-v3")]]
#else
#define CONVEXSCAN_VECTOR_TARGETS
#define CONVEXSCAN_VECTORS_OF_64
#define CONVEXSCAN_VECTORS_OF_32
#endif
#define CONVEXSCAN_VECTORS_OF_16 [[gnu::flatten]]
#define CONVEXSCAN_INLINE __attribute__((always_inline))

namespace convexscan::cpu {

/// The width of this machine's vector registers: 64, 32 or 16.
int vector_bytes();

}  // namespace convexscan::cpu
