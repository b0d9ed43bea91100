// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "kernels/hessian_factors.hpp"

/// The blocks of the Hessian as matrix products over samples.
namespace convexscan::kernels {

/// A row of the left factor, S[i,k] ā_m[j] + g_m[i] A_m[j,k], which is made as it is needed, and
/// where its products with the columns of ā_l go. Factors are named by their rows, −1: none.
struct alignas(16) ProductRow {
  std::int32_t s;        ///< among the tangents S
  std::int32_t a;        ///< among the values
  std::int32_t g;        ///< among the g, or −1
  std::int32_t da;       ///< among the tangents A
  std::int32_t row;      ///< of the matrix
  std::int32_t weights;  ///< column of the matrix of the first weight
  std::int32_t bias;     ///< and of the bias
  std::int32_t columns;  ///< how many of the columns of ā_l are wanted
};

/// Adds the products of rows (count) with `columns` rows of values from `column_row` on, of which
/// the last one is the bias if has_bias, to the lower triangles of matrices (points, size, size).
struct ProductTask {
  const ProductRow* rows = nullptr;  ///< in device memory
  std::int64_t count = 0;
  std::int64_t column_row = 0;
  std::int64_t columns = 0;
  bool has_bias = false;
  double* matrices = nullptr;
  std::int64_t size = 0;
};
/// Additions that a sample's share goes through there; padding adds zeros, which is exact.
std::int64_t product_depth(std::int64_t samples);
void add_hessian_products(const FactorTask& factors, const ProductTask& products,
                          cudaStream_t stream);

/// Takes rows and columns kept[0 … count) out of matrices (points, size, size), times scale, and
/// adds diagonal (points, diagonal_stride), which may be null. out (points or those of which,
/// count, count): only the lower triangle is read and written. norms and traces (points): Frobenius
/// norm and trace; a matrix that is not finite becomes zero, with its norm NaN.
struct ExtractTask {
  const double* matrices = nullptr;
  std::int64_t size = 0;
  const std::int32_t* kept = nullptr;
  std::int64_t count = 0;
  double scale = 1.0;
  const double* diagonal = nullptr;
  std::int64_t diagonal_stride = 0;
  const std::int32_t* which = nullptr;  ///< matrices to take, or null for all
  double* out = nullptr;
  double* norms = nullptr;
  double* traces = nullptr;
  double* least = nullptr;  ///< smallest entries on the diagonals
};
void extract_hessians(const ExtractTask& task, std::int64_t points, cudaStream_t stream);

}  // namespace convexscan::kernels
