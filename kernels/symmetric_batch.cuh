// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/primitives.cuh"
#include "kernels/symmetric_batch.hpp"

namespace convexscan::kernels {

/// The matrix of this block.
__device__ inline const double* matrix_of(const SymmetricBatch& batch) {
  const std::int64_t index =
      batch.which == nullptr ? block_index() : std::int64_t{batch.which[block_index()]};
  return batch.matrices + index * batch.n * batch.n;
}

}  // namespace convexscan::kernels
