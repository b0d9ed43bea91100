// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/libraries.hpp"

#include "cuda/libraries/shared_library.hpp"

// Whole words in the program, where bench/link_libraries looks for them.
#define CONVEXSCAN_WORDS(number) #number
#define CONVEXSCAN_LIBRARY(name, version) "lib" name ".so." CONVEXSCAN_WORDS(version)

namespace convexscan::cuda {
namespace {

Cublas load_cublas() {
  const SharedLibrary library(CONVEXSCAN_LIBRARY("cublas", CUBLAS_VER_MAJOR));
  Cublas functions{};
  library.find("cublasCreate_v2", functions.create);
  library.find("cublasDestroy_v2", functions.destroy);
  library.find("cublasSetStream_v2", functions.set_stream);
  library.find("cublasSetMathMode", functions.set_math_mode);
  library.find("cublasGetVersion_v2", functions.get_version);
  library.find("cublasGetStatusName", functions.get_status_name);
  library.find("cublasDgemmStridedBatched_64", functions.multiply_float64);
  library.find("cublasSgemmStridedBatched_64", functions.multiply_float32);
  return functions;
}

Cusolver load_cusolver() {
  const SharedLibrary library(CONVEXSCAN_LIBRARY("cusolver", CUSOLVER_VER_MAJOR));
  Cusolver functions{};
  library.find("cusolverGetVersion", functions.get_version);
  library.find("cusolverDnCreate", functions.create);
  library.find("cusolverDnDestroy", functions.destroy);
  library.find("cusolverDnSetStream", functions.set_stream);
  library.find("cusolverDnSetDeterministicMode", functions.set_deterministic_mode);
  library.find("cusolverDnCreateParams", functions.create_parameters);
  library.find("cusolverDnDestroyParams", functions.destroy_parameters);
  library.find("cusolverDnXsyevBatched_bufferSize", functions.workspace);
  library.find("cusolverDnXsyevBatched", functions.solve);
  library.find("cusolverDnCreateSyevjInfo", functions.create_jacobi);
  library.find("cusolverDnDestroySyevjInfo", functions.destroy_jacobi);
  library.find("cusolverDnDsyevjBatched_bufferSize", functions.jacobi_workspace);
  library.find("cusolverDnDsyevjBatched", functions.solve_jacobi);
  return functions;
}

}  // namespace

const Cublas& cublas() {
  static const Cublas functions = load_cublas();
  return functions;
}

const Cusolver& cusolver() {
  static const Cusolver functions = load_cusolver();
  return functions;
}

}  // namespace convexscan::cuda
