// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/blas.hpp"

#include <cblas.h>

namespace convexscan::cpu {

void add_matrix_product(std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
                        std::int64_t a_stride, const double* b, std::int64_t b_stride, double* c,
                        std::int64_t c_stride) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(m),
              static_cast<blasint>(n), static_cast<blasint>(k), 1.0, a,
              static_cast<blasint>(a_stride), b, static_cast<blasint>(b_stride), 1.0, c,
              static_cast<blasint>(c_stride));
}

void add_matrix_product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                        std::int64_t a_stride, const float* b, std::int64_t b_stride, float* c,
                        std::int64_t c_stride) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(m),
              static_cast<blasint>(n), static_cast<blasint>(k), 1.0F, a,
              static_cast<blasint>(a_stride), b, static_cast<blasint>(b_stride), 1.0F, c,
              static_cast<blasint>(c_stride));
}

void outer_product(std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
                   std::int64_t a_stride, const double* b, std::int64_t b_stride, double* c,
                   std::int64_t c_stride) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(m),
              static_cast<blasint>(n), static_cast<blasint>(k), 1.0, a,
              static_cast<blasint>(a_stride), b, static_cast<blasint>(b_stride), 0.0, c,
              static_cast<blasint>(c_stride));
}

void outer_product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                   std::int64_t a_stride, const float* b, std::int64_t b_stride, float* c,
                   std::int64_t c_stride) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(m),
              static_cast<blasint>(n), static_cast<blasint>(k), 1.0F, a,
              static_cast<blasint>(a_stride), b, static_cast<blasint>(b_stride), 0.0F, c,
              static_cast<blasint>(c_stride));
}

void add_transposed_product(std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
                            std::int64_t a_stride, const double* b, std::int64_t b_stride,
                            double* c, std::int64_t c_stride) {
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<blasint>(m),
              static_cast<blasint>(n), static_cast<blasint>(k), 1.0, a,
              static_cast<blasint>(a_stride), b, static_cast<blasint>(b_stride), 1.0, c,
              static_cast<blasint>(c_stride));
}

SingleThreadedBlas::SingleThreadedBlas() : before_(openblas_get_num_threads()) {
  openblas_set_num_threads(1);
}

SingleThreadedBlas::~SingleThreadedBlas() { openblas_set_num_threads(before_); }

}  // namespace convexscan::cpu
