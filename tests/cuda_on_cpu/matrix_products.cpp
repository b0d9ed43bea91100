// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cblas.h>
#include <cublas_v2.h>

namespace {

CBLAS_TRANSPOSE operation(cublasOperation_t op) {
  return op == CUBLAS_OP_T ? CblasTrans : CblasNoTrans;
}

blasint whole(std::int64_t value) { return static_cast<blasint>(value); }

}  // namespace

cublasStatus_t cublasDgemmStridedBatched_64(
    cublasHandle_t, cublasOperation_t a_operation, cublasOperation_t b_operation, std::int64_t m,
    std::int64_t n, std::int64_t k, const double* alpha, const double* a, std::int64_t lda,
    std::int64_t a_stride, const double* b, std::int64_t ldb, std::int64_t b_stride,
    const double* beta, double* c, std::int64_t ldc, std::int64_t c_stride, std::int64_t batch) {
  for (std::int64_t i = 0; i < batch; ++i) {
    cblas_dgemm(CblasColMajor, operation(a_operation), operation(b_operation), whole(m), whole(n),
                whole(k), *alpha, a + i * a_stride, whole(lda), b + i * b_stride, whole(ldb), *beta,
                c + i * c_stride, whole(ldc));
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemmStridedBatched_64(cublasHandle_t, cublasOperation_t a_operation,
                                            cublasOperation_t b_operation, std::int64_t m,
                                            std::int64_t n, std::int64_t k, const float* alpha,
                                            const float* a, std::int64_t lda, std::int64_t a_stride,
                                            const float* b, std::int64_t ldb, std::int64_t b_stride,
                                            const float* beta, float* c, std::int64_t ldc,
                                            std::int64_t c_stride, std::int64_t batch) {
  for (std::int64_t i = 0; i < batch; ++i) {
    cblas_sgemm(CblasColMajor, operation(a_operation), operation(b_operation), whole(m), whole(n),
                whole(k), *alpha, a + i * a_stride, whole(lda), b + i * b_stride, whole(ldb), *beta,
                c + i * c_stride, whole(ldc));
  }
  return CUBLAS_STATUS_SUCCESS;
}
