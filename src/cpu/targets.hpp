// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

/// Compiles a function once for each generation of vector registers and picks one when the program
/// starts: one binary serves every x86-64 machine. Only what is inlined into it is compiled so,
/// hence the attribute on every loop and lambda on the way.
#ifdef __x86_64__
#define CONVEXSCAN_VECTOR_TARGETS \
  [[gnu::flatten, gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define CONVEXSCAN_VECTOR_TARGETS
#endif
#define CONVEXSCAN_INLINE __attribute__((always_inline))
