// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "kernels/symmetric_batch.hpp"

/// Definiteness of matrices that are too large for the memory of one processor.
namespace convexscan::kernels {

/// Rows up to which so many bytes of a block's memory suffice for its vectors.
std::int64_t most_blocked_rows(std::size_t shared_bytes);

/// As packed_definiteness, which it stands in for. factors (count, n, n) is scratch.
void blocked_definiteness(const SymmetricBatch& batch, const double* bounds, const double* wider,
                          double* factors, Definiteness* outcomes, cudaStream_t stream);

}  // namespace convexscan::kernels
