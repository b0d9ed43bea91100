// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/isolated_eigenpairs.hpp"

#include "kernels/blocked_cholesky.cuh"
#include "kernels/symmetric_product.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = cholesky_block;
static_assert(block == product_block);

/// A + weight·v·vᵀ.
struct DeflatedMatrix {
  const double* entries;
  const double* v;
  double weight;
  __device__ double at(int n, int r, int c) const {
    return entries[static_cast<std::int64_t>(r) * n + c] + weight * v[r] * v[c];
  }
};

using Cholesky = BlockedCholesky<DeflatedMatrix>;
static_assert(product_scratch <= Cholesky::panel_size);

/// The iterate, its product, and the solution for the Ritz vector.
constexpr int vectors = 3;

std::size_t shared_bytes(std::int64_t n) {
  return static_cast<std::size_t>(Cholesky::shared_size(n, vectors)) * sizeof(double);
}

__global__ __launch_bounds__(product_block) void symmetric_products_kernel(const double* matrices,
                                                                           std::int64_t n,
                                                                           const double* x,
                                                                           std::int64_t stride,
                                                                           double* products) {
  const std::int64_t tiles = (n + product_rows - 1) / product_rows;
  const std::int64_t point = block_index() / tiles;
  const auto first = static_cast<int>(block_index() % tiles * product_rows);
  symmetric_product(matrices + point * n * n, static_cast<int>(n), first, x + point * stride,
                    products + point * n, shared_memory<double>());
}

struct InverseIteration {
  const Cholesky& cholesky;
  const double* v;  ///< the Ritz vector, in device memory
  double* x;
  double* product;
  double* solved;  ///< z with G·z = v, G = A + τ·v·vᵀ − s·I

  template <class Term>
  __device__ double sum(Term&& term) const {
    double all = 0.0;
    for (int i = thread_index(); i < cholesky.n; i += block) all += term(i);
    return cholesky.sum(all);
  }

  /// Whether a pair comes out that is accepted.
  __device__ bool run(const IsolationStart& start, IsolatedPair& pair) const {
    const int n = cholesky.n;
    const double weight = start.deflation.weight;
    for (int i = thread_index(); i < n; i += block) solved[i] = x[i] = v[i];
    synchronize_block();
    cholesky.solve(solved);
    const double correction =
        weight / (1.0 - weight * sum([&](int i) { return v[i] * solved[i]; }));
    double before = HUGE_VAL;
#pragma unroll 1
    for (int k = 0;; ++k) {
#pragma unroll 1
      for (int first = 0; first < n; first += product_rows) {
        symmetric_product(cholesky.matrix.entries, n, first, x, product, Cholesky::chunk());
      }
      const double square = sum([&](int i) { return x[i] * x[i]; });
      const double value = sum([&](int i) { return x[i] * product[i]; }) / square;
      double rest = sum([&](int i) {
        const double difference = product[i] - value * x[i];
        return difference * difference;
      });
      rest = sqrt(rest / square);
      pair = {value, 1.000001 * rest + 2.0 * start.rounding};
      if (pair.residual * pair.residual <= start.accepted * (start.deflation.shift - value)) {
        return true;
      }
      if (k == shared::inverse_iterations || !(rest < 0.7 * before)) return false;
      before = rest;
      // x ← (A − s·I)⁻¹x = y + τ·(vᵀy)/(1 − τ·vᵀz)·z with G·y = x (Sherman and Morrison)
      cholesky.solve(x);
      const double share = correction * sum([&](int i) { return v[i] * x[i]; });
      for (int i = thread_index(); i < n; i += block) x[i] += share * solved[i];
      const double length = sqrt(sum([&](int i) { return x[i] * x[i]; }));
      for (int i = thread_index(); i < n; i += block) x[i] /= length;
      synchronize_block();
    }
  }
};

/// One block for each matrix.
__global__ __launch_bounds__(block, 2) void isolate_smallest_kernel(IsolationTask task) {
  const auto n = static_cast<int>(task.n);
  const IsolationStart start = task.starts[block_index()];
  const double* const v = task.ritz_vectors + block_index() * task.n;
  const std::int64_t entries = task.n * task.n;
  const Cholesky cholesky{{task.matrices + block_index() * entries, v, start.deflation.weight},
                          task.factors + block_index() * entries,
                          n};
  double* const x = Cholesky::vectors();
  const InverseIteration iteration{cholesky, v, x, x + n, x + 2 * n};
  IsolatedPair pair{0.0, 0.0};
  bool found = start.deflation.weight > 0.0;
  if (found) found = cholesky.factorise(-start.deflation.shift, start.deflation.rounding) == n;
  if (found) found = iteration.run(start, pair);
  double* const to = task.vectors + block_index() * task.n;
  for (int i = thread_index(); i < n; i += block) to[i] = found ? x[i] : v[i];
  if (thread_index() != 0) return;
  if (!found) pair.residual = std::numeric_limits<double>::quiet_NaN();
  task.pairs[block_index()] = pair;
}

}  // namespace

void symmetric_products(const double* matrices, std::int64_t n, std::int64_t count, const double* x,
                        std::int64_t vector_stride, double* products, cudaStream_t stream) {
  const std::int64_t tiles = (n + product_rows - 1) / product_rows;
  launch(symmetric_products_kernel, "symmetric_products", count * tiles, product_block,
         product_scratch * sizeof(double), stream, matrices, n, x, vector_stride, products);
}

std::int64_t most_isolated_rows(std::size_t bytes) { return Cholesky::most_rows(bytes, vectors); }

void isolate_smallest(const IsolationTask& task, std::int64_t count, cudaStream_t stream) {
  launch(isolate_smallest_kernel, "isolate_smallest", count, block, shared_bytes(task.n), stream,
         task);
}

}  // namespace convexscan::kernels
