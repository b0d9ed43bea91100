// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda_on_cpu/eigen_solvers.hpp"

#include <cusolverDn.h>
#include <lapacke.h>

#include <algorithm>
#include <limits>

namespace convexscan::cuda_on_cpu {
namespace {

std::int64_t until_no_convergence = 0;

}  // namespace

void fail_convergence(std::int64_t n) { until_no_convergence = n; }

}  // namespace convexscan::cuda_on_cpu

using namespace convexscan::cuda_on_cpu;

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle) {
  *handle = nullptr;
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t) { return CUSOLVER_STATUS_SUCCESS; }
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t, cudaStream_t) {
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverGetVersion(int* version) {
  *version = 0;
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnSetDeterministicMode(cusolverDnHandle_t, cusolverDeterministicMode_t) {
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t* parameters) {
  *parameters = nullptr;
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnDestroyParams(cusolverDnParams_t) { return CUSOLVER_STATUS_SUCCESS; }

cusolverStatus_t cusolverDnXsyevBatched_bufferSize(cusolverDnHandle_t, cusolverDnParams_t,
                                                   cusolverEigMode_t, cublasFillMode_t,
                                                   std::int64_t, cudaDataType, const void*,
                                                   std::int64_t, cudaDataType, const void*,
                                                   cudaDataType, std::size_t* device_bytes,
                                                   std::size_t* host_bytes, std::int64_t batch) {
  *device_bytes = usual_workspace * static_cast<std::size_t>(batch);
  *host_bytes = static_cast<std::size_t>(batch);
  return CUSOLVER_STATUS_SUCCESS;
}

namespace {

/// The eigenproblems of a batch, after a check of the workspace, which is spoilt.
cusolverStatus_t solve(cusolverEigMode_t mode, cublasFillMode_t triangle, std::int64_t n, double* a,
                       std::int64_t lda, double* w, void* workspace, std::size_t workspace_bytes,
                       int* info, std::int64_t batch) {
  auto* const bytes = static_cast<unsigned char*>(workspace);
  const bool zeros =
      std::all_of(bytes, bytes + workspace_bytes, [](auto value) { return value == 0; });
  if (n * lda * batch > std::numeric_limits<std::int32_t>::max() || lda < n || !zeros ||
      workspace_bytes < usual_workspace * static_cast<std::size_t>(batch)) {
    return CUSOLVER_STATUS_INVALID_VALUE;
  }
  std::fill_n(bytes, workspace_bytes, static_cast<unsigned char>(0xFF));
  for (std::int64_t i = 0; i < batch; ++i) {
    double* const values = w + i * n;
    info[i] = static_cast<int>(
        LAPACKE_dsyevd(LAPACK_COL_MAJOR, mode == CUSOLVER_EIG_MODE_VECTOR ? 'V' : 'N',
                       triangle == CUBLAS_FILL_MODE_UPPER ? 'U' : 'L', static_cast<lapack_int>(n),
                       a + i * n * lda, static_cast<lapack_int>(lda), values));
    if (until_no_convergence > 0 && --until_no_convergence == 0) {
      info[i] = 1;
      std::fill_n(values, n, 12345.0);  // a wrong number that nobody may believe
    }
  }
  return CUSOLVER_STATUS_SUCCESS;
}

}  // namespace

cusolverStatus_t cusolverDnXsyevBatched(cusolverDnHandle_t, cusolverDnParams_t,
                                        cusolverEigMode_t mode, cublasFillMode_t triangle,
                                        std::int64_t n, cudaDataType, void* a, std::int64_t lda,
                                        cudaDataType, void* w, cudaDataType, void* device_workspace,
                                        std::size_t device_bytes, void* host_workspace,
                                        std::size_t host_bytes, int* info, std::int64_t batch) {
  if (host_bytes < static_cast<std::size_t>(batch) || host_workspace == nullptr) {
    return CUSOLVER_STATUS_INVALID_VALUE;
  }
  return solve(mode, triangle, n, static_cast<double*>(a), lda, static_cast<double*>(w),
               device_workspace, device_bytes, info, batch);
}

cusolverStatus_t cusolverDnCreateSyevjInfo(syevjInfo_t* info) {
  *info = nullptr;
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnDestroySyevjInfo(syevjInfo_t) { return CUSOLVER_STATUS_SUCCESS; }

cusolverStatus_t cusolverDnDsyevjBatched_bufferSize(cusolverDnHandle_t, cusolverEigMode_t,
                                                    cublasFillMode_t, int, const double*, int,
                                                    const double*, int* doubles, syevjInfo_t,
                                                    int batch) {
  *doubles = static_cast<int>(usual_workspace / sizeof(double)) * batch;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnDsyevjBatched(cusolverDnHandle_t, cusolverEigMode_t mode,
                                         cublasFillMode_t triangle, int n, double* a, int lda,
                                         double* w, double* workspace, int doubles, int* info,
                                         syevjInfo_t, int batch) {
  return solve(mode, triangle, n, a, lda, w, workspace,
               static_cast<std::size_t>(doubles) * sizeof(double), info, batch);
}
