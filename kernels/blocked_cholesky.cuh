// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/primitives.cuh"
#include "shared/rounding.hpp"

namespace convexscan::kernels {

/// Columns that are factorised at once, and rows of a warp's tile: a lane owns a row.
inline constexpr int panel = warp_size;
inline constexpr int cholesky_block = 256;
inline constexpr int cholesky_warps = cholesky_block / warp_size;

/// A matrix (n, n) in device memory, row-major, of which the lower triangle is read.
struct StoredMatrix {
  const double* entries;
  __device__ double at(int n, int r, int c) const {
    return entries[static_cast<std::int64_t>(r) * n + c];
  }
};

/// A + (shift − c)·I = LLᵀ for a matrix in device memory, by one block, panel by panel from the
/// left (Golub and Van Loan, *Matrix Computations*, 4th ed., §4.2.6): A is read once, L written
/// once, and what earlier columns take away from a panel is summed up in registers by the tensor
/// cores.
template <class Matrix>
struct BlockedCholesky {
  static constexpr int tile_stride = panel + 1;   // odd: lanes may walk along their rows in step
  static constexpr int chunk_stride = panel + 4;  // ≡ 4 mod 16: a fragment is in 16 banks
  static constexpr int tile_size = panel * tile_stride;
  static constexpr int scratch_size = cholesky_warps + 1;
  static constexpr int panel_size = panel * chunk_stride;
  static constexpr int own_size = panel_size + tile_size + panel + scratch_size;

  /// Doubles of shared memory, of which the last ones, at least vectors·n, are the tiles'
  /// during a factorisation and free for vectors afterwards.
  static constexpr std::int64_t shared_size(std::int64_t n, std::int64_t vectors) {
    constexpr std::int64_t tiles = cholesky_warps * tile_size;
    return own_size + (vectors * n > tiles ? vectors * n : tiles);
  }

  /// Rows up to which so many bytes of shared memory suffice.
  static constexpr std::int64_t most_rows(std::size_t bytes, std::int64_t vectors) {
    const auto doubles = static_cast<std::int64_t>(bytes / sizeof(double));
    return doubles < shared_size(0, vectors) ? 0 : (doubles - own_size) / vectors;
  }

  Matrix matrix;   ///< at(n, row, column) are the entries of A in the lower triangle
  double* factor;  ///< (n, n), of which the lower triangle is written
  int n;           ///< n² fits into 31 bits

  // All of the block's shared memory.
  static __device__ double* chunk() { return shared_memory<double>(); }
  static __device__ double* top() { return chunk() + panel_size; }
  static __device__ double* reciprocals() { return top() + tile_size; }
  static __device__ double* scratch() { return reciprocals() + panel; }
  static __device__ double* vectors() { return scratch() + scratch_size; }

  __device__ double* factor_row(int r) const { return factor + static_cast<std::int64_t>(r) * n; }

  /// The sum over the block, for every thread.
  __device__ double sum(double value) const {
    const double all = block_sum(value, scratch());
    if (thread_index() == 0) scratch()[scratch_size - 1] = all;
    synchronize_block();
    const double result = scratch()[scratch_size - 1];
    synchronize_block();
    return result;
  }

  /// Returns n, or the number of the pivot that is not positive; the rows above it, and its own
  /// before it, hold L then. c is the rounding that the matrix brings along and what covers that of
  /// the factorisation, in whatever order its sums are added (Rump, *Verification of positive
  /// definiteness*, BIT 46, 2006).
  __device__ int factorise(double shift, double rounding = 0.0) const {
    double size = 0.0;
    for (int i = thread_index(); i < n; i += cholesky_block) {
      size += fabs(matrix.at(n, i, i) + shift);
    }
    const double moved = shift - rounding - shared::gamma_bound(n + 10) * sum(size);
    const int warp = thread_index() / warp_size;
    for (int first = 0; first < n; first += panel) {
      for (int row0 = first; row0 < n; row0 += cholesky_warps * panel) {
        const int own = row0 + warp * panel;
        const bool is_top = own == first;
        double* const tile = is_top ? top() : vectors() + warp * tile_size;
        update(first, own, moved, tile);
        synchronize_block();
        if (row0 == first) {
          if (is_top) factorise_top(n - first < panel ? n - first : panel);
          synchronize_block();
        }
        const int failed = static_cast<int>(scratch()[0]);
        if (!is_top && failed == panel) divide(tile);
        synchronize_warp();
        store(first, own, tile);
        synchronize_block();
        if (failed < panel) return first + failed;
      }
    }
    return n;
  }

  /// x ← (LLᵀ)⁻¹x for x (n) in shared memory.
  __device__ void solve(double* x) const {
    const int lane = thread_index() % warp_size;
    const int warp = thread_index() / warp_size;
    for (int first = 0; first < n; first += panel) {
      const int width = n - first < panel ? n - first : panel;
      for (int r = warp; r < width; r += cholesky_warps) {
        const double* const row = factor_row(first + r);
        double part = 0.0;
#pragma unroll 4
        for (int c = lane; c < first; c += warp_size) part += row[c] * x[c];
        part = warp_sum(part);
        if (lane == 0) x[first + r] -= part;
      }
      load_top(first, width);
      synchronize_block();
      if (warp == 0) {
        for (int c = 0; c < width; ++c) {
          if (lane == c) x[first + c] /= chunk()[c * chunk_stride + c];
          synchronize_warp();
          if (lane > c && lane < width) {
            x[first + lane] -= chunk()[lane * chunk_stride + c] * x[first + c];
          }
        }
      }
      synchronize_block();
    }
    solve_transposed(n, x);
  }

  /// x ← L₁₁⁻ᵀx for the first k rows and columns of L and x in shared memory.
  __device__ void solve_transposed(int k, double* x) const {
    const int lane = thread_index() % warp_size;
    for (int first = (k - 1) / panel * panel; first >= 0; first -= panel) {
      const int width = k - first < panel ? k - first : panel;
      load_top(first, width);
      synchronize_block();
      if (thread_index() < warp_size) {
        for (int r = width - 1; r >= 0; --r) {
          if (lane == r) x[first + r] /= chunk()[r * chunk_stride + r];
          synchronize_warp();
          if (lane < r) x[first + lane] -= chunk()[r * chunk_stride + lane] * x[first + r];
        }
      }
      synchronize_block();
      for_each_in_block(first, [&](std::int64_t i) {
        double rest = x[i];
#pragma unroll 8
        for (int r = 0; r < width; ++r) rest -= factor_row(first + r)[i] * x[first + r];
        x[i] = rest;
      });
      synchronize_block();
    }
  }

 private:
  /// chunk = the rows of L from `first` on, on the diagonal.
  __device__ void load_top(int first, int width) const {
    for (int e = thread_index(); e < width * panel; e += cholesky_block) {
      const int r = e / panel;
      const int c = e % panel;
      if (c <= r) chunk()[r * chunk_stride + c] = factor_row(first + r)[first + c];
    }
  }

  /// tile = A + moved·I less what the columns before `first` make of it.
  __device__ void update(int first, int own, double moved, double* tile) const {
    const int lane = thread_index() % warp_size;
    const int group = lane / 4;
    const int t = lane % 4;
    // Rows beyond the last one repeat it: no row of a tile depends on another.
    int left[2][2];
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int row = own + 16 * m + 8 * i + group;
        left[m][i] = (row < n ? row : n - 1) * n + t;
      }
    }
    double sums[2][4][4] = {};
    for (int k = 0; k < first; k += panel) {
      synchronize_block();
#pragma unroll 1  // the sums leave no registers for more
      for (int e = thread_index(); e < panel * panel; e += cholesky_block) {
        const int row = first + e / panel;
        chunk()[e / panel * chunk_stride + e % panel] =
            factor_row(row < n ? row : n - 1)[k + e % panel];
      }
      synchronize_block();
      if (own >= n) continue;
#pragma unroll 2
      for (int s = 0; s < panel; s += 4) {
        double a[2][2];
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          a[m][0] = factor[left[m][0] + k + s];
          a[m][1] = factor[left[m][1] + k + s];
        }
#pragma unroll
        for (int f = 0; f < 4; ++f) {
          const double b = chunk()[(8 * f + group) * chunk_stride + s + t];
          multiply_add_16x8x4(sums[0][f], a[0], b);
          multiply_add_16x8x4(sums[1][f], a[1], b);
        }
      }
    }
#pragma unroll 4
    for (int r = 0; r < panel; ++r) {
      const int row = own + r;
      const int column = first + lane;
      double value = 0.0;
      if (row < n && column <= row) value = matrix.at(n, row, column);
      tile[r * tile_stride + lane] = row == column ? value + moved : value;
    }
    synchronize_warp();
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int f = 0; f < 4; ++f) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const int row = 16 * m + group + 8 * (e / 2);
          tile[row * tile_stride + 8 * f + 2 * t + e % 2] -= sums[m][f][e];
        }
      }
    }
  }

  /// LLᵀ of the tile on the diagonal, by one warp, each lane with its row in registers. Leaves the
  /// pivot that failed in scratch()[0], or `panel`.
  __device__ void factorise_top(int width) const {
    const int i = thread_index() % warp_size;
    double* const rows = top();
    double x[panel];
#pragma unroll
    for (int j = 0; j < panel; ++j) x[j] = rows[i * tile_stride + j];
    int failed = panel;
#pragma unroll
    for (int k = 0; k < panel; ++k) {
      if (k >= width) break;
      rows[i * tile_stride + k] = x[k];
      synchronize_warp();
      const double pivot = rows[k * tile_stride + k];
      if (!(pivot > 0.0)) {
        failed = k;
        break;
      }
      const double root = sqrt(pivot);
      const double reciprocal = 1.0 / root;
      const double own = x[k] * reciprocal;
#pragma unroll
      for (int j = k + 1; j < panel; ++j) {
        x[j] -= own * (rows[j * tile_stride + k] * reciprocal);
      }
      x[k] = i == k ? root : own;
      if (i == 0) reciprocals()[k] = reciprocal;
    }
    synchronize_warp();
#pragma unroll
    for (int j = 0; j < panel; ++j) rows[i * tile_stride + j] = x[j];
    if (i == 0) scratch()[0] = failed;
  }

  /// X·Lᵀ = tile for the tile on the diagonal as L; a lane solves for its row.
  __device__ void divide(double* tile) const {
    double* const row = tile + thread_index() % warp_size * tile_stride;
    const double* const l = top();
    double x[panel];
#pragma unroll
    for (int j = 0; j < panel; ++j) x[j] = row[j];
#pragma unroll
    for (int j = 0; j < panel; ++j) {
      x[j] *= reciprocals()[j];
#pragma unroll
      for (int c = j + 1; c < panel; ++c) x[c] -= x[j] * l[c * tile_stride + j];
    }
#pragma unroll
    for (int j = 0; j < panel; ++j) row[j] = x[j];
  }

  __device__ void store(int first, int own, const double* tile) const {
    const int lane = thread_index() % warp_size;
    for (int r = 0; r < panel; ++r) {
      if (own + r < n && first + lane <= own + r) {
        factor_row(own + r)[first + lane] = tile[r * tile_stride + lane];
      }
    }
  }
};

}  // namespace convexscan::kernels
