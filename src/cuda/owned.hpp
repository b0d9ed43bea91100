// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <memory>

#include "cuda/check.hpp"
#include "cuda/libraries.hpp"

namespace convexscan::cuda {

/// Gives a library handle back when it goes out of scope.
template <class Handle, auto destroy>
struct Destroy {
  using pointer = Handle;
  void operator()(Handle handle) const { destroy(handle); }
};

template <class Handle, auto destroy>
using Owned = std::unique_ptr<Handle, Destroy<Handle, destroy>>;

inline void destroy_blas(cublasHandle_t handle) { cublas().destroy(handle); }
inline void destroy_solver(cusolverDnHandle_t handle) { cusolver().destroy(handle); }
inline void destroy_parameters(cusolverDnParams_t parameters) {
  cusolver().destroy_parameters(parameters);
}
inline void destroy_jacobi(syevjInfo_t parameters) { cusolver().destroy_jacobi(parameters); }

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using BlasHandle = Owned<cublasHandle_t, destroy_blas>;
using SolverHandle = Owned<cusolverDnHandle_t, destroy_solver>;
using SolverParameters = Owned<cusolverDnParams_t, destroy_parameters>;
using JacobiParameters = Owned<syevjInfo_t, destroy_jacobi>;

/// A stream that does not wait for the default one.
inline Stream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return Stream(stream);
}

}  // namespace convexscan::cuda
