// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/lapack.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

// Fortran passes the lengths of its strings behind the other arguments.
extern "C" {
void dsytrd_(const char* uplo, const int* n, double* a, const int* lda, double* d, double* e,
             double* tau, double* work, const int* lwork, int* info, std::size_t);
void dstein_(const int* n, const double* d, const double* e, const int* m, const double* w,
             const int* iblock, const int* isplit, double* z, const int* ldz, double* work,
             int* iwork, int* ifail, int* info);
void dormtr_(const char* side, const char* uplo, const char* trans, const int* m, const int* n,
             const double* a, const int* lda, const double* tau, double* c, const int* ldc,
             double* work, const int* lwork, int* info, std::size_t, std::size_t, std::size_t);
void dsterf_(const int* n, double* d, double* e, int* info);
void dsyevr_(const char* jobz, const char* range, const char* uplo, const int* n, double* a,
             const int* lda, const double* vl, const double* vu, const int* il, const int* iu,
             const double* abstol, int* m, double* w, double* z, const int* ldz, int* isuppz,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info, std::size_t,
             std::size_t, std::size_t);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info, std::size_t);
}

namespace convexscan::cpu {
namespace {

std::size_t whole(std::int64_t n) { return static_cast<std::size_t>(n); }

}  // namespace

void tridiagonalise(double* matrix, std::int64_t n, std::span<double> diagonal,
                    std::span<double> off_diagonal, std::span<double> reflections) {
  const int size = static_cast<int>(n);
  const int work_size = static_cast<int>(32 * n);
  std::vector<double> work(whole(32 * n));
  int info = 0;
  dsytrd_("U", &size, matrix, &size, diagonal.data(), off_diagonal.data(), reflections.data(),
          work.data(), &work_size, &info, 1);
}

bool tridiagonal_eigenvector(std::span<const double> diagonal, std::span<const double> off_diagonal,
                             double value, std::span<double> vector) {
  const int size = static_cast<int>(diagonal.size());
  const int one = 1;
  const int block = 1;
  // Where T − λI is zero, dstein looks for growth that is relative to 1 in numbers as large as T.
  double largest = 0.0;
  for (const double d : diagonal) largest = std::max(largest, std::fabs(d));
  for (const double e : off_diagonal) largest = std::max(largest, std::fabs(e));
  const int exponent = largest > 0.0 && std::isfinite(largest) ? -std::ilogb(largest) : 0;
  const auto scaled = [&](std::span<const double> values) {
    std::vector<double> result(values.size());
    std::ranges::transform(values, result.begin(),
                           [&](double x) { return std::ldexp(x, exponent); });
    return result;
  };
  const std::vector<double> d = scaled(diagonal);
  const std::vector<double> e = scaled(off_diagonal);
  value = std::ldexp(value, exponent);
  std::vector<int> splits(diagonal.size(), size);
  std::vector<double> work(5 * diagonal.size());
  std::vector<int> whole_work(diagonal.size());
  int failed = 0;
  int info = 0;
  // One block: the matrix is not split where an off-diagonal entry is zero, which dstein need not
  // know.
  dstein_(&size, d.data(), e.data(), &one, &value, &block, splits.data(), vector.data(), &size,
          work.data(), whole_work.data(), &failed, &info);
  return info == 0;
}

void transform_back(const double* reduced, std::int64_t n, std::span<const double> reflections,
                    std::span<double> x) {
  const int size = static_cast<int>(n);
  const int one = 1;
  const int work_size = static_cast<int>(32 * n);
  std::vector<double> work(whole(32 * n));
  int info = 0;
  dormtr_("L", "U", "N", &size, &one, reduced, &size, reflections.data(), x.data(), &size,
          work.data(), &work_size, &info, 1, 1, 1);
}

bool all_tridiagonal_eigenvalues(std::vector<double>& diagonal, std::vector<double>& off_diagonal) {
  const int size = static_cast<int>(diagonal.size());
  int info = 0;
  dsterf_(&size, diagonal.data(), off_diagonal.data(), &info);
  return info == 0;
}

bool eigenpair(double* matrix, std::int64_t n, std::int64_t k, double& value,
               std::span<double> vector) {
  const int size = static_cast<int>(n);
  const int number = static_cast<int>(k) + 1;
  const double unused = 0.0;
  const int work_size = static_cast<int>(32 * n);
  const int whole_size = static_cast<int>(10 * n);
  std::vector<double> values(whole(n));
  std::vector<double> work(whole(work_size));
  std::vector<int> whole_work(whole(whole_size));
  int support[2] = {0, 0};
  int found = 0;
  int info = 0;
  dsyevr_("V", "I", "U", &size, matrix, &size, &unused, &unused, &number, &number, &unused, &found,
          values.data(), vector.data(), &size, support, work.data(), &work_size, whole_work.data(),
          &whole_size, &info, 1, 1, 1);
  value = values[0];
  return info == 0 && found == 1;
}

std::int64_t cholesky(double* matrix, std::int64_t n) {
  const int size = static_cast<int>(n);
  int info = 0;
  dpotrf_("U", &size, matrix, &size, &info, 1);
  return info;
}

void solve_lower(const double* factor, std::int64_t n, std::int64_t factor_stride, double* x,
                 std::int64_t columns, std::int64_t x_stride) {
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit,
              static_cast<blasint>(n), static_cast<blasint>(columns), 1.0, factor,
              static_cast<blasint>(factor_stride), x, static_cast<blasint>(x_stride));
}

void solve_cholesky(const double* factor, std::int64_t n, double* x) {
  const auto size = static_cast<blasint>(n);
  cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, size, factor, size, x, 1);
  cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, size, factor, size, x, 1);
}

void symmetric_product(const double* matrix, std::int64_t n, const double* x, double* y) {
  cblas_dsymv(CblasRowMajor, CblasLower, static_cast<blasint>(n), 1.0, matrix,
              static_cast<blasint>(n), x, 1, 0.0, y, 1);
}

}  // namespace convexscan::cpu
