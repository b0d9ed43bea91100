// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

/// The steps of Lanczos' method besides the matrix products, for every point of a group.
namespace convexscan::kernels {

/// The Krylov bases of a group, in device memory.
struct Krylov {
  double* basis = nullptr;         ///< (points, steps, size): orthonormal rows
  double* rest = nullptr;          ///< (points, size): the product, then what of it is new
  double* alpha = nullptr;         ///< (points, steps)
  double* beta = nullptr;          ///< (points, steps): length of the rest of each step
  double* coefficients = nullptr;  ///< (points, steps): scratch
  std::int64_t size = 0;
  std::int64_t steps = 0;
};

/// Every basis begins with start (size), of unit length.
void begin_krylov(const Krylov& krylov, const double* start, std::int64_t points,
                  cudaStream_t stream);

/// With rest = A·q_k: α_k = q_kᵀ rest, rest −= Q(Qᵀ rest) twice for the rows up to k (Kahan and
/// Parlett), β_k = ‖rest‖.
void orthogonalise(const Krylov& krylov, std::int64_t k, std::int64_t points, cudaStream_t stream);

/// last (2, points) = α_k and β_k of every point.
void last_step(const Krylov& krylov, std::int64_t k, std::int64_t points, double* last,
               cudaStream_t stream);

/// q_{k+1} = rest/β_k, or zero where goes_on (points) is 0.
void extend_krylov(const Krylov& krylov, std::int64_t k, const int* goes_on, std::int64_t points,
                   cudaStream_t stream);

/// An end of the spectrum as seen from a Krylov space of so many steps.
struct RitzEnd {
  double value;
  double residual;  ///< an eigenvalue is within it of the value, up to rounding in the products
  double next;      ///< the Ritz value beside it; the same where there is one alone
};

/// The smallest and largest Ritz values after count steps of every point that goes on (points) is
/// not 0 for: ends (points, 2) and vectors (points, 2, steps) in terms of the basis. scratch
/// (points, 2, 2·steps).
void ritz_ends(const Krylov& krylov, std::int64_t count, const int* goes_on, std::int64_t points,
               double* scratch, RitzEnd* ends, double* vectors, cudaStream_t stream);

/// out (points, size): the vectors of one end, 0 or 1, of unit length; counts (points) are the
/// steps that ritz_ends was last told for each.
void ritz_vectors(const Krylov& krylov, const double* vectors, int end, const int* counts,
                  std::int64_t points, double* out, cudaStream_t stream);

}  // namespace convexscan::kernels
