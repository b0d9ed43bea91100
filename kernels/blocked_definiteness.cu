// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/blocked_definiteness.hpp"

#include "kernels/blocked_cholesky.cuh"
#include "kernels/symmetric_batch.cuh"

namespace convexscan::kernels {
namespace {

using Cholesky = BlockedCholesky<StoredMatrix>;

constexpr int block = cholesky_block;

constexpr int vectors = 1;  // the witness

/// v = [−L₁₁⁻ᵀl; 1; 0] for the row l of the pivot k that failed: vᵀ(A + shift·I)v is that pivot.
__device__ void make_witness(const Cholesky& cholesky, int k, double* v) {
  const double* const row = cholesky.factor_row(k);
  for_each_in_block(k, [&](std::int64_t i) { v[i] = -row[i]; });
  if (thread_index() == 0) v[k] = 1.0;
  synchronize_block();
  cholesky.solve_transposed(k, v);
}

/// Whether vᵀAv < −bound·vᵀv in spite of all rounding, for a v of which `rows` entries are not
/// zero. A warp takes a row.
__device__ bool bends_down(const Cholesky& cholesky, int rows, const double* v, double bound) {
  double value = 0.0;
  double size = 0.0;
  double square = 0.0;
  for (int r = thread_index() / warp_size; r < rows; r += cholesky_warps) {
    double part = 0.0;
    double part_size = 0.0;
#pragma unroll 4
    for (int c = thread_index() % warp_size; c <= r; c += warp_size) {
      const double term = (c == r ? 1.0 : 2.0) * v[c] * cholesky.matrix.at(cholesky.n, r, c);
      part += term;
      part_size += fabs(term);
    }
    value += v[r] * part;
    size += fabs(v[r]) * part_size;
  }
  for_each_in_block(rows, [&](std::int64_t i) { square += v[i] * v[i]; });
  value = cholesky.sum(value);
  size = cholesky.sum(size);
  square = cholesky.sum(square);
  // Terms of two products; a lane adds those of a row, then its rows; then come a tree and the
  // warps.
  const double gamma = shared::gamma_bound(rows / warp_size + rows / cholesky_warps + 32);
  return value + gamma * size < -1.000001 * bound * square;
}

/// One block for each matrix.
__global__ __launch_bounds__(block, 2) void blocked_definiteness_kernel(SymmetricBatch batch,
                                                                        const double* bounds,
                                                                        const double* wider,
                                                                        double* factors,
                                                                        Definiteness* outcomes) {
  const int n = static_cast<int>(batch.n);
  const Cholesky cholesky{{matrix_of(batch)}, factors + block_index() * batch.n * batch.n, n};
  double* const v = cholesky.vectors();
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
      make_witness(cholesky, failed, v);
      if (bends_down(cholesky, failed + 1, v, bound)) outcome = Definiteness::negative;
    }
  }
  if (thread_index() == 0) outcomes[block_index()] = outcome;
}

}  // namespace

std::int64_t most_blocked_rows(std::size_t shared_bytes) {
  return Cholesky::most_rows(shared_bytes, vectors);
}

void blocked_definiteness(const SymmetricBatch& batch, const double* bounds, const double* wider,
                          double* factors, Definiteness* outcomes, cudaStream_t stream) {
  const auto bytes =
      static_cast<std::size_t>(Cholesky::shared_size(batch.n, vectors)) * sizeof(double);
  launch(blocked_definiteness_kernel, "blocked_definiteness", batch.count, block, bytes, stream,
         batch, bounds, wider, factors, outcomes);
}

}  // namespace convexscan::kernels
