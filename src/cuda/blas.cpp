// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/blas.hpp"

#include <type_traits>

namespace convexscan::cuda {

Blas::Blas(cudaStream_t stream) {
  cublasHandle_t handle = nullptr;
  check(cublas().create(&handle));
  handle_.reset(handle);
  check(cublas().set_stream(handle, stream));
  // Not PEDANTIC, which would leave the float64 tensor cores unused.
  check(cublas().set_math_mode(handle, CUBLAS_DEFAULT_MATH));
}

int Blas::version() const {
  int version = 0;
  check(cublas().get_version(handle_.get(), &version));
  return version;
}

template <class Real>
void Blas::multiply(std::int64_t m, std::int64_t n, std::int64_t k, BlasMatrix<Real> a,
                    BlasMatrix<Real> b, Real beta, Real* c, std::int64_t c_stride,
                    std::int64_t c_batch_stride, std::int64_t batch) const {
  const auto operation = [](const BlasMatrix<Real>& matrix) {
    return matrix.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  };
  const Real one{1};
  if constexpr (std::is_same_v<Real, double>) {
    check(cublas().multiply_float64(handle_.get(), operation(a), operation(b), m, n, k, &one,
                                    a.data, a.stride, a.batch_stride, b.data, b.stride,
                                    b.batch_stride, &beta, c, c_stride, c_batch_stride, batch));
  } else {
    check(cublas().multiply_float32(handle_.get(), operation(a), operation(b), m, n, k, &one,
                                    a.data, a.stride, a.batch_stride, b.data, b.stride,
                                    b.batch_stride, &beta, c, c_stride, c_batch_stride, batch));
  }
}

template void Blas::multiply(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<double>,
                             BlasMatrix<double>, double, double*, std::int64_t, std::int64_t,
                             std::int64_t) const;
template void Blas::multiply(std::int64_t, std::int64_t, std::int64_t, BlasMatrix<float>,
                             BlasMatrix<float>, float, float*, std::int64_t, std::int64_t,
                             std::int64_t) const;

}  // namespace convexscan::cuda
