// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/packed_spectra.hpp"

#include <cmath>

#include "kernels/multisection.cuh"
#include "kernels/packed_matrix.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = packed_block;

/// Beside the matrix: diagonal and off-diagonal, two vectors and an eigenvector, n each.
constexpr int vectors_beside = 5;

constexpr std::size_t shared_bytes(std::int64_t n) {
  return static_cast<std::size_t>(packed_size(n) + vectors_beside * n + packed_scratch) *
         sizeof(double);
}

/// Brings the largest entry near 1 by a power of two, which it returns: then no square over- or
/// underflows that matters.
__device__ inline double scale(const PackedMatrix& a) {
  const int i = thread_index();
  double largest = 0.0;
  for (int j = 0; i < a.n && j <= i; ++j) {
    const double size = fabs(a.at(i, j));
    largest = size > largest ? size : largest;
  }
  largest = a.largest(largest);
  if (!(largest > 0.0)) return 1.0;
  int exponent = 0;
  frexp(largest, &exponent);
  // 2^±1000 have a reciprocal.
  exponent = exponent > 1000 ? 1000 : (exponent < -1000 ? -1000 : exponent);
  const double factor = ldexp(1.0, -exponent);
  for (int j = 0; i < a.n && j <= i; ++j) a.at(i, j) *= factor;
  synchronize_block();
  return factor;
}

struct Tridiagonalisation {
  PackedMatrix a;
  double* d;  ///< (n)
  double* e;  ///< (n)
  double* v;  ///< (n)
  double* w;  ///< (n)

  /// Reflects column k: A ← HAH with H = I − τ(0; v)(0; v)ᵀ, v_{k+1} = 1. Leaves the rest of v
  /// below the diagonal's neighbour and τ on the diagonal.
  __device__ void reflect(int k) const {
    const int n = a.n;
    const int i = thread_index();
    const bool below = i > k && i < n;
    const double x = below ? a.at(i, k) : 0.0;
    const double tail = a.sum(i > k + 1 ? x * x : 0.0);
    const double head = a.at(k + 1, k);
    double beta = head;
    double tau = 0.0;
    const bool reflects = tail >= shared::least_reflected;
    if (reflects) {
      beta = head > 0.0 ? -sqrt(head * head + tail) : sqrt(head * head + tail);
      tau = (beta - head) / beta;
    }
    const double own = i == k + 1 ? 1.0 : (reflects ? x / (head - beta) : 0.0);
    if (below) v[i] = own;
    synchronize_block();
    if (i > k + 1 && below) a.at(i, k) = own;
    if (i == 0) {
      d[k] = a.at(k, k);
      e[k] = beta;
      a.at(k, k) = tau;
    }
    if (tau == 0.0) return;  // for all threads

    // w = τAv − ½τ(τvᵀAv)v,  A ← A − vwᵀ − wvᵀ
    double product = 0.0;
    if (below) {
      const double* const row = a.row(i);
      for (int j = k + 1; j <= i; ++j) product += row[j] * v[j];
      const double* column = a.row(i + 1) + i;
      for (int j = i + 1; j < n; ++j) {
        product += *column * v[j];
        column += j + 1;
      }
      product *= tau;
    }
    const double half = 0.5 * tau * a.sum(below ? product * own : 0.0);
    const double mine = product - half * own;
    if (below) w[i] = mine;
    synchronize_block();
    if (!below) return;
    double* const row = a.row(i);
    for (int j = k + 1; j <= i; ++j) row[j] -= own * w[j] + mine * v[j];
  }

  __device__ void run() const {
    for (int k = 0; k + 1 < a.n; ++k) {
      reflect(k);
      synchronize_block();
    }
    if (thread_index() == 0) {
      d[a.n - 1] = a.at(a.n - 1, a.n - 1);
      e[a.n - 1] = 0.0;
    }
    synchronize_block();
  }

  /// s (n), an eigenvector of T, becomes one of A.
  __device__ void transform_back(double* s) const {
    const int n = a.n;
    const int i = thread_index();
    for (int k = n - 2; k >= 0; --k) {
      const double tau = a.at(k, k);
      const bool below = i > k && i < n;
      const double own = !below ? 0.0 : (i == k + 1 ? 1.0 : a.at(i, k));
      const double dot = a.sum(below ? own * s[i] : 0.0);
      if (below) s[i] -= tau * dot * own;
      synchronize_block();
    }
  }
};

/// One block for each matrix.
__global__ __launch_bounds__(block) void packed_spectra_kernel(SymmetricBatch batch,
                                                               const double* thresholds,
                                                               PackedSpectrum* spectra,
                                                               double* vectors) {
  const int n = static_cast<int>(batch.n);
  double* const entries = shared_memory<double>();
  double* const d = entries + packed_size(n);
  double* const e = d + n;
  double* const v = e + n;
  double* const s = v + 2 * n;
  double* const scratch = s + n;
  const Tridiagonalisation t{{entries, n, scratch}, d, e, v, v + n};
  t.a.load(matrix_of(batch));
  const double factor = scale(t.a);
  t.run();

  // One warp for each number that is wanted.
  PackedSpectrum& out = spectra[block_index()];
  const int warp = thread_index() / warp_size;
  const bool first = thread_index() % warp_size == 0;
  if (warp < 3) {
    const int number = warp == 0 ? 0 : (warp == 1 ? (n > 1 ? 1 : 0) : n - 1);
    const double value = multisect(d, e, n, number);
    double* const to = warp == 0 ? &out.smallest : (warp == 1 ? &out.second : &out.largest);
    if (first) *to = value / factor;
    if (first && warp == 0 && vectors != nullptr) {
      shared::twisted_eigenvector(d, e, n, value, v, s);
    }
  } else if (warp == 3 && first) {
    const double threshold = thresholds[block_index()] * factor;
    out.negative = static_cast<double>(shared::count_below(d, e, n, -threshold));
  } else if (warp == 4 && first) {
    const double threshold = thresholds[block_index()] * factor;
    out.positive = static_cast<double>(shared::count_above(d, e, n, threshold));
  }
  if (vectors == nullptr) return;
  synchronize_block();
  t.transform_back(s);
  for_each_in_block(n, [&](std::int64_t i) { vectors[block_index() * n + i] = s[i]; });
}

}  // namespace

std::int64_t most_packed_rows(std::size_t bytes) {
  std::int64_t n = 0;
  while (n < block && shared_bytes(n + 1) <= bytes) ++n;
  return n;
}

void packed_spectra(const SymmetricBatch& batch, const double* thresholds, PackedSpectrum* spectra,
                    double* vectors, cudaStream_t stream) {
  launch(packed_spectra_kernel, "packed_spectra", batch.count, block, shared_bytes(batch.n), stream,
         batch, thresholds, spectra, vectors);
}

}  // namespace convexscan::kernels
