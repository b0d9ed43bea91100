// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/blas.hpp"

#include <cblas.h>
#include <omp.h>
#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

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

void claim_blas_memory() {
  static const bool claimed = [] {
    // OpenBLAS's BUFFER_SIZE, the largest of any processor, and some for what it adds.
    constexpr std::size_t bytes = std::size_t{129} << 20;
    const auto threads = static_cast<std::size_t>(omp_get_max_threads());
    void* const room = ::mmap(nullptr, threads * bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) throw std::bad_alloc();
    ::munmap(room, threads * bytes);
    const SingleThreadedBlas single;
    constexpr std::int64_t size = 160;  // small ones need no work space
    const std::vector<double> zeros(static_cast<std::size_t>(size * size));
#pragma omp parallel
    {
      std::vector<double> product(zeros.size());
#pragma omp barrier
      // All at the same time, so that each takes its own.
      add_matrix_product(size, size, size, zeros.data(), size, zeros.data(), size, product.data(),
                         size);
    }
    return true;
  }();
  static_cast<void>(claimed);
}

SingleThreadedBlas::SingleThreadedBlas() : before_(openblas_get_num_threads()) {
  openblas_set_num_threads(1);
}

SingleThreadedBlas::~SingleThreadedBlas() { openblas_set_num_threads(before_); }

}  // namespace convexscan::cpu
