// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace convexscan::cpu {

/// C[m × n] += A[m × k] · B[k × n], all row-major with the given row strides; BLAS gemm.
void add_matrix_product(std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
                        std::int64_t a_stride, const double* b, std::int64_t b_stride, double* c,
                        std::int64_t c_stride);
void add_matrix_product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                        std::int64_t a_stride, const float* b, std::int64_t b_stride, float* c,
                        std::int64_t c_stride);

/// C[m × n] = A[m × k] · B[n × k]ᵀ.
void outer_product(std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
                   std::int64_t a_stride, const double* b, std::int64_t b_stride, double* c,
                   std::int64_t c_stride);
void outer_product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                   std::int64_t a_stride, const float* b, std::int64_t b_stride, float* c,
                   std::int64_t c_stride);

/// C[m × n] += A[k × m]ᵀ · B[k × n].
void add_transposed_product(std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
                            std::int64_t a_stride, const double* b, std::int64_t b_stride,
                            double* c, std::int64_t c_stride);

/// Has BLAS take its work space for every thread now. OpenBLAS tries for ever where it cannot have
/// it, deaf to everything; so throws std::bad_alloc where there is no room. Later calls do nothing.
void claim_blas_memory();

/// Keeps BLAS to one thread while our own threads call it.
class SingleThreadedBlas {
 public:
  SingleThreadedBlas();
  ~SingleThreadedBlas();
  SingleThreadedBlas(const SingleThreadedBlas&) = delete;
  SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

 private:
  int before_;
};

}  // namespace convexscan::cpu
