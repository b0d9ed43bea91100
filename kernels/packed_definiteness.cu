// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/packed_matrix.cuh"
#include "shared/rounding.hpp"

namespace convexscan::kernels {
namespace {

constexpr int block = packed_block;

/// Beside the matrix: the witness and what is left of a right-hand side.
constexpr int vectors_beside = 2;

constexpr std::size_t shared_bytes(std::int64_t n) {
  return static_cast<std::size_t>(packed_size(n) + vectors_beside * n + packed_scratch) *
         sizeof(double);
}

struct Cholesky {
  PackedMatrix a;
  const double* matrix;  ///< (n, n)

  /// Makes A + (shift − c)·I, c covering the rounding of its factorisation (Rump, *Verification of
  /// positive definiteness*, BIT 46, 2006), and A = LLᵀ from the left, column by column. Returns n,
  /// or the number of the pivot that is not positive; the rows above it hold L then.
  __device__ int factorise(double shift) const {
    const int n = a.n;
    const int i = thread_index();
    a.load(matrix);
    const double size = a.sum(i < n ? fabs(a.at(i, i) + shift) : 0.0);
    const double c = shared::gamma_bound(n + 10) * size;
    if (i < n) a.at(i, i) += shift - c;
    synchronize_block();
    for (int k = 0; k < n; ++k) {
      const double pivot = a.at(k, k);
      if (!(pivot > 0.0)) return k;  // for all threads
      synchronize_block();
      const double root = sqrt(pivot);
      if (i == k) a.at(k, k) = root;
      if (i > k && i < n) a.at(i, k) /= root;
      synchronize_block();
      if (i > k && i < n) {
        double* const row = a.row(i);
        const double own = row[k];
        for (int j = k + 1; j <= i; ++j) row[j] -= own * a.at(j, k);
      }
      synchronize_block();
    }
    return n;
  }

  /// v = [−L₁₁⁻ᵀl; 1; 0] for the row l of the pivot k that failed: vᵀ(A + shift·I)v is that pivot.
  __device__ void witness(int k, double* v, double* right) const {
    const int i = thread_index();
    if (i < a.n) {
      v[i] = i == k ? 1.0 : 0.0;
      right[i] = i < k ? -a.at(k, i) : 0.0;
    }
    synchronize_block();
    for (int r = k - 1; r >= 0; --r) {
      if (i == 0) v[r] = right[r] / a.at(r, r);
      synchronize_block();
      if (i < r) right[i] -= a.at(r, i) * v[r];
      synchronize_block();
    }
  }

  /// Whether vᵀAv < −bound·vᵀv in spite of all rounding.
  __device__ bool bends_down(const double* v, double bound) const {
    double value = 0.0;
    double size = 0.0;
    const int c = thread_index();
#pragma unroll 8
    for (int r = 0; r < a.n; ++r) {
      if (c > r) continue;
      const double entry = matrix[static_cast<std::int64_t>(r) * a.n + c];
      const double term = (c == r ? 1.0 : 2.0) * v[r] * v[c] * entry;
      value += term;
      size += fabs(term);
    }
    value = a.sum(value);
    size = a.sum(size);
    const int i = thread_index();
    const double square = a.sum(i < a.n ? v[i] * v[i] : 0.0);
    // A thread adds up to n terms of three products each, then come a tree and the warps.
    const double gamma = shared::gamma_bound(a.n + 32);
    return value + gamma * size < -1.000001 * bound * square;
  }
};

/// One block for each matrix, whose memory leaves no room for another.
__global__ __launch_bounds__(block, 1) void packed_definiteness_kernel(SymmetricBatch batch,
                                                                       const double* bounds,
                                                                       const double* wider,
                                                                       Definiteness* outcomes) {
  const int n = static_cast<int>(batch.n);
  double* const entries = shared_memory<double>();
  double* const v = entries + packed_size(n);
  const Cholesky cholesky{{entries, n, v + 2 * n}, matrix_of(batch)};
  const double bound = bounds[block_index()];
  Definiteness outcome = Definiteness::open;
// One place that factorises: the compiler then keeps everything in registers.
#pragma unroll 1
  for (int attempt = 0; attempt < 2 && outcome == Definiteness::open; ++attempt) {
    const bool first = attempt == 0;
    const int failed = cholesky.factorise(first ? -bound : wider[block_index()]);
    if (failed == n) {
      outcome = first ? Definiteness::positive : Definiteness::semidefinite;
    } else if (first) {
      cholesky.witness(failed, v, v + n);
      if (cholesky.bends_down(v, bound)) outcome = Definiteness::negative;
    }
  }
  if (thread_index() == 0) outcomes[block_index()] = outcome;
}

}  // namespace

void packed_definiteness(const SymmetricBatch& batch, const double* bounds, const double* wider,
                         Definiteness* outcomes, cudaStream_t stream) {
  launch(packed_definiteness_kernel, "packed_definiteness", batch.count, block,
         shared_bytes(batch.n), stream, batch, bounds, wider, outcomes);
}

}  // namespace convexscan::kernels
