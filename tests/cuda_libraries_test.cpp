// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/libraries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "convexscan/error.hpp"
#include "cuda_libraries/shared_library.hpp"

namespace convexscan::cuda {
namespace {

TEST(CudaLibraries, HaveEveryFunctionThatIsCalled) {
  EXPECT_EQ(why_no_libraries(), "");
  EXPECT_STREQ(cublas().get_status_name(CUBLAS_STATUS_SUCCESS), "CUBLAS_STATUS_SUCCESS");
  int version = 0;
  EXPECT_EQ(cusolver().get_version(&version), CUSOLVER_STATUS_SUCCESS);
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
