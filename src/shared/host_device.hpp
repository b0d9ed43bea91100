// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

/// Marks a formula that both compilers turn into code: g++ for the CPU, nvcc for host and device.
#ifdef __CUDACC__
#define CONVEXSCAN_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define CONVEXSCAN_HOST_DEVICE [[gnu::always_inline]] inline
#endif
