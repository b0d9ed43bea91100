// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/check.hpp"

#include <fmt/format.h>

#include "convexscan/backend.hpp"
#include "convexscan/error.hpp"
#include "cuda/libraries.hpp"

namespace convexscan::cuda {
namespace {

[[noreturn]] void fail(const std::string& what, const std::source_location& at) {
  throw Error(fmt::format("the GPU failed: {} ({}:{})", what, at.file_name(), at.line()));
}

std::string text_of(cudaError_t status) {
  return fmt::format("{}, {}", cudaGetErrorName(status), cudaGetErrorString(status));
}

}  // namespace

void check(cudaError_t status, std::source_location at) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // else the next launch would report this failure again
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory();
  fail(text_of(status), at);
}

void check(cublasStatus_t status, std::source_location at) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) throw OutOfMemory();
  fail(cublas().get_status_name(status), at);
}

void check(cusolverStatus_t status, std::source_location at) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  if (status == CUSOLVER_STATUS_ALLOC_FAILED) throw OutOfMemory();
  // The library has no names for its codes.
  fail(fmt::format("cuSOLVER reports status {}", static_cast<int>(status)), at);
}

void check_kernel(cudaError_t status, const char* kernel) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  // A kernel is loaded when it is first started, and its registers may need memory too.
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory();
  throw Error(fmt::format("the GPU could not start {}: {}", kernel, text_of(status)));
}

}  // namespace convexscan::cuda
