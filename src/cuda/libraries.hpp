// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cublas_v2.h>
#include <cusolverDn.h>

namespace convexscan::cuda {

/// The functions of cuBLAS that are called.
struct Cublas {
  decltype(&cublasCreate) create;
  decltype(&cublasDestroy) destroy;
  decltype(&cublasSetStream) set_stream;
  decltype(&cublasSetMathMode) set_math_mode;
  decltype(&cublasGetVersion) get_version;
  decltype(&cublasGetStatusName) get_status_name;
  decltype(&cublasDgemmStridedBatched_64) multiply_float64;
  decltype(&cublasSgemmStridedBatched_64) multiply_float32;
};

/// The functions of cuSOLVER that are called.
struct Cusolver {
  decltype(&cusolverGetVersion) get_version;
  decltype(&cusolverDnCreate) create;
  decltype(&cusolverDnDestroy) destroy;
  decltype(&cusolverDnSetStream) set_stream;
  decltype(&cusolverDnSetDeterministicMode) set_deterministic_mode;
  decltype(&cusolverDnCreateParams) create_parameters;
  decltype(&cusolverDnDestroyParams) destroy_parameters;
  decltype(&cusolverDnXsyevBatched_bufferSize) workspace;
  decltype(&cusolverDnXsyevBatched) solve;
  decltype(&cusolverDnCreateSyevjInfo) create_jacobi;
  decltype(&cusolverDnDestroySyevjInfo) destroy_jacobi;
  decltype(&cusolverDnDsyevjBatched_bufferSize) jacobi_workspace;
  decltype(&cusolverDnDsyevjBatched) solve_jacobi;
};

/// Loaded when first asked for: they take ten times as long to load as the program itself, which
/// most often has no use for them. Throw Error where the library or a function of it is missing.
const Cublas& cublas();
const Cusolver& cusolver();

}  // namespace convexscan::cuda
