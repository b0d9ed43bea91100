// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "kernels/symmetric_batch.hpp"

/// Eigenvalues and definiteness of symmetric matrices whose packed lower triangle fits into the
/// memory of one processor: a matrix is read once, by one block, and does not leave it.
namespace convexscan::kernels {

/// Rows up to which one block's threads and so many bytes of its memory suffice.
std::int64_t most_packed_rows(std::size_t shared_bytes);

/// What is wanted of a spectrum of which nothing else is computed.
struct PackedSpectrum {
  double smallest;
  double second;  ///< the next larger one; smallest again where n = 1
  double largest;
  double negative;  ///< how many are below −threshold
  double positive;  ///< how many are above threshold
};

/// Householder tridiagonalisation (Golub and Van Loan, *Matrix Computations*, 4th ed., §8.3.1),
/// then Sturm counts. spectra (count), thresholds (count); vectors (count, n), of unit length and
/// belonging to the smallest eigenvalues, may be null.
void packed_spectra(const SymmetricBatch& batch, const double* thresholds, PackedSpectrum* spectra,
                    double* vectors, cudaStream_t stream);

/// outcomes (count) from bounds (count) and wider (count), the bound with that of an eigensolver
/// added.
void packed_definiteness(const SymmetricBatch& batch, const double* bounds, const double* wider,
                         Definiteness* outcomes, cudaStream_t stream);

}  // namespace convexscan::kernels
