// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <source_location>

namespace convexscan::cuda {

/// Throws Error with the library's own name for the failure and the place; OutOfMemory for a failed
/// allocation. The runtime's error state is cleared. Not for destructors.
void check(cudaError_t status, std::source_location at = std::source_location::current());
void check(cublasStatus_t status, std::source_location at = std::source_location::current());
void check(cusolverStatus_t status, std::source_location at = std::source_location::current());

/// Throws Error naming the kernel that could not be started, OutOfMemory where that was for lack of
/// memory.
void check_kernel(cudaError_t status, const char* kernel);

}  // namespace convexscan::cuda
