// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

/// The part of cuBLAS that src/cuda uses, answered by OpenBLAS one member of a batch after the
/// other.

enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_ALLOC_FAILED = 3 };
enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 };
enum cublasMath_t { CUBLAS_DEFAULT_MATH = 0 };

using cublasHandle_t = struct EmulatedBlas*;

const char* cublasGetStatusName(cublasStatus_t status);
cublasStatus_t cublasCreate(cublasHandle_t* handle);
cublasStatus_t cublasDestroy(cublasHandle_t handle);
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream);
cublasStatus_t cublasGetVersion(cublasHandle_t handle, int* version);
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode);
cublasStatus_t cublasDgemmStridedBatched_64(cublasHandle_t handle, cublasOperation_t a_operation,
                                            cublasOperation_t b_operation, std::int64_t m,
                                            std::int64_t n, std::int64_t k, const double* alpha,
                                            const double* a, std::int64_t lda,
                                            std::int64_t a_stride, const double* b,
                                            std::int64_t ldb, std::int64_t b_stride,
                                            const double* beta, double* c, std::int64_t ldc,
                                            std::int64_t c_stride, std::int64_t batch);
cublasStatus_t cublasSgemmStridedBatched_64(cublasHandle_t handle, cublasOperation_t a_operation,
                                            cublasOperation_t b_operation, std::int64_t m,
                                            std::int64_t n, std::int64_t k, const float* alpha,
                                            const float* a, std::int64_t lda, std::int64_t a_stride,
                                            const float* b, std::int64_t ldb, std::int64_t b_stride,
                                            const float* beta, float* c, std::int64_t ldc,
                                            std::int64_t c_stride, std::int64_t batch);
