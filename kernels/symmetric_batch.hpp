// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

/// Symmetric matrices by the batch, and what is proved of them.
namespace convexscan::kernels {

/// Some of a batch of symmetric matrices, of which the lower triangles are read.
struct SymmetricBatch {
  const double* matrices = nullptr;  ///< (…, n, n), row-major
  std::int64_t n = 0;
  const std::int32_t* which = nullptr;  ///< (count): matrices to take, or null for the first count
  std::int64_t count = 0;
};

/// What a Cholesky factorisation proves of a matrix A that is known up to an error of norm bound.
enum class Definiteness : std::int32_t {
  open,      ///< nothing
  positive,  ///< A − (bound + c)·I = LLᵀ went through: λ_min > 0 (Rump 2006)
  negative,  ///< it broke down and left v with vᵀAv < −(bound + rounding)·vᵀv: λ_min < 0
  semidefinite,  ///< A + (wider + …)·I went through: too near to zero to tell
};

}  // namespace convexscan::kernels
