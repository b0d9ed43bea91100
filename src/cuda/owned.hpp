// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <memory>

#include "cuda/check.hpp"

namespace convexscan::cuda {

/// Gives a library handle back when it goes out of scope.
template <class Handle, auto destroy>
struct Destroy {
  using pointer = Handle;
  void operator()(Handle handle) const { destroy(handle); }
};

template <class Handle, auto destroy>
using Owned = std::unique_ptr<Handle, Destroy<Handle, destroy>>;

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using BlasHandle = Owned<cublasHandle_t, cublasDestroy>;
using SolverHandle = Owned<cusolverDnHandle_t, cusolverDnDestroy>;
using SolverParameters = Owned<cusolverDnParams_t, cusolverDnDestroyParams>;
using JacobiParameters = Owned<syevjInfo_t, cusolverDnDestroySyevjInfo>;

/// A stream that does not wait for the default one.
inline Stream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return Stream(stream);
}

}  // namespace convexscan::cuda
