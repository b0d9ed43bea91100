// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cublas_v2.h>

#include <cstddef>
#include <cstdint>

/// The part of cuSOLVER that src/cuda uses, answered by LAPACK one member of a batch after the
/// other.

enum cusolverStatus_t {
  CUSOLVER_STATUS_SUCCESS = 0,
  CUSOLVER_STATUS_ALLOC_FAILED = 2,
  CUSOLVER_STATUS_INVALID_VALUE = 3,
};
enum cusolverEigMode_t { CUSOLVER_EIG_MODE_NOVECTOR = 0, CUSOLVER_EIG_MODE_VECTOR = 1 };
enum cusolverDeterministicMode_t { CUSOLVER_DETERMINISTIC_RESULTS = 1 };
enum cublasFillMode_t { CUBLAS_FILL_MODE_LOWER = 0, CUBLAS_FILL_MODE_UPPER = 1 };
enum cudaDataType { CUDA_R_64F = 1 };

using cusolverDnHandle_t = struct EmulatedSolver*;
using cusolverDnParams_t = struct EmulatedSolverParameters*;
using syevjInfo_t = struct EmulatedJacobiParameters*;

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle);
cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t handle);
cusolverStatus_t cusolverGetVersion(int* version);
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream);
cusolverStatus_t cusolverDnSetDeterministicMode(cusolverDnHandle_t handle,
                                                cusolverDeterministicMode_t mode);
cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t* parameters);
cusolverStatus_t cusolverDnDestroyParams(cusolverDnParams_t parameters);
cusolverStatus_t cusolverDnXsyevBatched_bufferSize(
    cusolverDnHandle_t handle, cusolverDnParams_t parameters, cusolverEigMode_t mode,
    cublasFillMode_t triangle, std::int64_t n, cudaDataType a_type, const void* a, std::int64_t lda,
    cudaDataType w_type, const void* w, cudaDataType compute_type, std::size_t* device_bytes,
    std::size_t* host_bytes, std::int64_t batch);
cusolverStatus_t cusolverDnXsyevBatched(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                        cusolverEigMode_t mode, cublasFillMode_t triangle,
                                        std::int64_t n, cudaDataType a_type, void* a,
                                        std::int64_t lda, cudaDataType w_type, void* w,
                                        cudaDataType compute_type, void* device_workspace,
                                        std::size_t device_bytes, void* host_workspace,
                                        std::size_t host_bytes, int* info, std::int64_t batch);
cusolverStatus_t cusolverDnCreateSyevjInfo(syevjInfo_t* info);
cusolverStatus_t cusolverDnDestroySyevjInfo(syevjInfo_t info);
cusolverStatus_t cusolverDnDsyevjBatched_bufferSize(
    cusolverDnHandle_t handle, cusolverEigMode_t mode, cublasFillMode_t triangle, int n,
    const double* a, int lda, const double* w, int* doubles, syevjInfo_t parameters, int batch);
cusolverStatus_t cusolverDnDsyevjBatched(cusolverDnHandle_t handle, cusolverEigMode_t mode,
                                         cublasFillMode_t triangle, int n, double* a, int lda,
                                         double* w, double* workspace, int doubles, int* info,
                                         syevjInfo_t parameters, int batch);
