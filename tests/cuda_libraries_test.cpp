// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/libraries.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "convexscan/error.hpp"
#include "cuda/libraries/shared_library.hpp"

namespace convexscan::cuda {
namespace {

/// What the library calls the function that lies there.
template <class Function>
std::string name_of(Function* function) {
  Dl_info found{};
  if (dladdr(reinterpret_cast<void*>(function), &found) == 0 || found.dli_sname == nullptr) {
    return "nothing";
  }
  return found.dli_sname;
}

TEST(CudaLibraries, HaveEveryFunctionThatIsCalled) {
  if (std::getenv("CONVEXSCAN_REQUIRE_CUDA") == nullptr &&
      !std::filesystem::exists(CONVEXSCAN_CUDA_LIBRARIES)) {
    GTEST_SKIP() << CONVEXSCAN_CUDA_LIBRARIES
                 << ", with whose libraries this was built, is not here";
  }
  const Cublas& blas = cublas();
  EXPECT_EQ(name_of(blas.create), "cublasCreate_v2");
  EXPECT_EQ(name_of(blas.destroy), "cublasDestroy_v2");
  EXPECT_EQ(name_of(blas.set_stream), "cublasSetStream_v2");
  EXPECT_EQ(name_of(blas.set_math_mode), "cublasSetMathMode");
  EXPECT_EQ(name_of(blas.get_version), "cublasGetVersion_v2");
  EXPECT_EQ(name_of(blas.get_status_name), "cublasGetStatusName");
  EXPECT_EQ(name_of(blas.multiply_float64), "cublasDgemmStridedBatched_64");
  EXPECT_EQ(name_of(blas.multiply_float32), "cublasSgemmStridedBatched_64");
  const Cusolver& solver = cusolver();
  EXPECT_EQ(name_of(solver.get_version), "cusolverGetVersion");
  EXPECT_EQ(name_of(solver.create), "cusolverDnCreate");
  EXPECT_EQ(name_of(solver.destroy), "cusolverDnDestroy");
  EXPECT_EQ(name_of(solver.set_stream), "cusolverDnSetStream");
  EXPECT_EQ(name_of(solver.set_deterministic_mode), "cusolverDnSetDeterministicMode");
  EXPECT_EQ(name_of(solver.create_parameters), "cusolverDnCreateParams");
  EXPECT_EQ(name_of(solver.destroy_parameters), "cusolverDnDestroyParams");
  EXPECT_EQ(name_of(solver.workspace), "cusolverDnXsyevBatched_bufferSize");
  EXPECT_EQ(name_of(solver.solve), "cusolverDnXsyevBatched");
  EXPECT_EQ(name_of(solver.create_jacobi), "cusolverDnCreateSyevjInfo");
  EXPECT_EQ(name_of(solver.destroy_jacobi), "cusolverDnDestroySyevjInfo");
  EXPECT_EQ(name_of(solver.jacobi_workspace), "cusolverDnDsyevjBatched_bufferSize");
  EXPECT_EQ(name_of(solver.solve_jacobi), "cusolverDnDsyevjBatched");
  EXPECT_STREQ(blas.get_status_name(CUBLAS_STATUS_SUCCESS), "CUBLAS_STATUS_SUCCESS");
  int version = 0;
  EXPECT_EQ(solver.get_version(&version), CUSOLVER_STATUS_SUCCESS);
  EXPECT_EQ(version / 1000, CUSOLVER_VER_MAJOR);
}

TEST(CudaLibraries, ThatAreMissingAreNamed) {
  EXPECT_THAT([] { SharedLibrary("libnone.so.1"); },
              testing::ThrowsMessage<Error>(testing::HasSubstr(
                  "a library of CUDA cannot be loaded: libnone.so.1: cannot open shared object")));
  const SharedLibrary mathematics("libm.so.6");
  double (*cosine)(double) = nullptr;
  mathematics.find("cos", cosine);
  EXPECT_EQ(cosine(0.0), 1.0);
  EXPECT_THAT([&] { mathematics.find("cosine", cosine); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("libm.so.6 has no cosine")));
}

}  // namespace
}  // namespace convexscan::cuda
