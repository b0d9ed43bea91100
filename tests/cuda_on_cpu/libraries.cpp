// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/libraries.hpp"

namespace convexscan::cuda {

const Cublas& cublas() {
  static constexpr Cublas functions{.create = cublasCreate,
                                    .destroy = cublasDestroy,
                                    .set_stream = cublasSetStream,
                                    .set_math_mode = cublasSetMathMode,
                                    .get_version = cublasGetVersion,
                                    .get_status_name = cublasGetStatusName,
                                    .multiply_float64 = cublasDgemmStridedBatched_64,
                                    .multiply_float32 = cublasSgemmStridedBatched_64};
  return functions;
}

const Cusolver& cusolver() {
  static constexpr Cusolver functions{.get_version = cusolverGetVersion,
                                      .create = cusolverDnCreate,
                                      .destroy = cusolverDnDestroy,
                                      .set_stream = cusolverDnSetStream,
                                      .set_deterministic_mode = cusolverDnSetDeterministicMode,
                                      .create_parameters = cusolverDnCreateParams,
                                      .destroy_parameters = cusolverDnDestroyParams,
                                      .workspace = cusolverDnXsyevBatched_bufferSize,
                                      .solve = cusolverDnXsyevBatched,
                                      .create_jacobi = cusolverDnCreateSyevjInfo,
                                      .destroy_jacobi = cusolverDnDestroySyevjInfo,
                                      .jacobi_workspace = cusolverDnDsyevjBatched_bufferSize,
                                      .solve_jacobi = cusolverDnDsyevjBatched};
  return functions;
}

}  // namespace convexscan::cuda
