// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "shared/isolation_rules.hpp"

/// What finds smallest eigenvalues alone, as src/cpu/isolated_eigenpair.hpp does for one matrix.
namespace convexscan::kernels {

/// products (count, n) = A·x for symmetric matrices (count, n, n), of which the lower triangles are
/// read, and vectors x, vector_stride apart. A product's bits do not depend on the others.
void symmetric_products(const double* matrices, std::int64_t n, std::int64_t count,
                        const double* vectors, std::int64_t vector_stride, double* products,
                        cudaStream_t stream);

/// Where inverse iteration starts and ends.
struct IsolationStart {
  shared::Deflation deflation;  ///< of a Ritz vector; weight 0: this matrix has none
  double rounding;              ///< bound on ‖fl(A·x) − A·x‖ for ‖x‖ = 1
  double accepted;              ///< residual²/(shift − value) that is small enough
};

/// An eigenpair that is proved to be the smallest.
struct IsolatedPair {
  double value;  ///< vᵀAv / vᵀv
  double residual;  ///< ‖Av − value·v‖ ≤ residual·‖v‖, rounding included; NaN: nothing is proved
};

/// Rows up to which so many bytes of a block's memory suffice for its vectors.
std::int64_t most_isolated_rows(std::size_t shared_bytes);

/// Steps 2 and 3 of cpu::isolated_smallest, the factorisation of A + weight·v·vᵀ − shift·I and
/// inverse iteration with its factor, for matrices (count, n, n) with starts (count) and Ritz
/// vectors (count, n) of unit length. pairs (count) and vectors (count, n), of unit length up to
/// rounding, come out, the Ritz vectors where nothing is proved; factors (count, n, n) is scratch.
struct IsolationTask {
  const double* matrices = nullptr;
  std::int64_t n = 0;
  const IsolationStart* starts = nullptr;
  const double* ritz_vectors = nullptr;
  double* factors = nullptr;
  IsolatedPair* pairs = nullptr;
  double* vectors = nullptr;
};
void isolate_smallest(const IsolationTask& task, std::int64_t count, cudaStream_t stream);

}  // namespace convexscan::kernels
