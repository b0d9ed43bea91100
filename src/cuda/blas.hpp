// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cuda/owned.hpp"

namespace convexscan::cuda {

/// One matrix of each member of a batch, column-major.
template <class Real>
struct BlasMatrix {
  const Real* data;
  std::int64_t stride;        ///< leading dimension
  std::int64_t batch_stride;  ///< 0: the same for all
  bool transposed = false;
};

/// The library calls of the CUDA backend. Whole precision: no TF32, no emulation.
class Blas {
 public:
  explicit Blas(cudaStream_t stream);

  /// C[m × n] = A[m × k]·B[k × n] + beta·C for every member of the batch, column-major.
  template <class Real>
  void multiply(std::int64_t m, std::int64_t n, std::int64_t k, BlasMatrix<Real> a,
                BlasMatrix<Real> b, Real beta, Real* c, std::int64_t c_stride,
                std::int64_t c_batch_stride, std::int64_t batch) const;

  /// The library's own number, as 130100.
  int version() const;

 private:
  BlasHandle handle_;
};

}  // namespace convexscan::cuda
