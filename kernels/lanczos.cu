// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/lanczos.hpp"

#include "kernels/multisection.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 256;
constexpr std::int64_t run = 4 * block;  // elements of a vector that a block works on
constexpr std::size_t scratch_bytes = block / warp_size * sizeof(double);

constexpr std::int64_t runs_of(std::int64_t size) { return (size + run - 1) / run; }

/// Where a block works that takes a run of elements of every point's vector.
struct Run {
  std::int64_t point;
  std::int64_t begin;
  std::int64_t count;

  __device__ explicit Run(std::int64_t size)
      : point(block_index() / runs_of(size)),
        begin(block_index() % runs_of(size) * run),
        count(size - begin < run ? size - begin : run) {}
};

__global__ __launch_bounds__(block) void begin_krylov_kernel(Krylov krylov, const double* start) {
  const Run here(krylov.size);
  double* const to = krylov.basis + here.point * krylov.steps * krylov.size + here.begin;
  for_each_in_block(here.count, [&](std::int64_t i) { to[i] = start[here.begin + i]; });
}

/// One block for each row of each point's basis.
__global__ __launch_bounds__(block) void krylov_coefficients_kernel(Krylov krylov,
                                                                    std::int64_t rows,
                                                                    bool first_pass) {
  const std::int64_t point = block_index() / rows;
  const std::int64_t row = block_index() % rows;
  const double* const q = krylov.basis + (point * krylov.steps + row) * krylov.size;
  const double* const w = krylov.rest + point * krylov.size;
  double sum = 0.0;
  for_each_in_block(krylov.size, [&](std::int64_t i) { sum += q[i] * w[i]; });
  sum = block_sum(sum, shared_memory<double>());
  if (thread_index() != 0) return;
  const std::int64_t to = point * krylov.steps + row;
  krylov.coefficients[to] = sum;
  if (first_pass && row + 1 == rows) krylov.alpha[to] = sum;
}

__global__ __launch_bounds__(block) void krylov_subtract_kernel(Krylov krylov, std::int64_t rows) {
  const Run here(krylov.size);
  const double* const q = krylov.basis + here.point * krylov.steps * krylov.size + here.begin;
  const double* const c = krylov.coefficients + here.point * krylov.steps;
  double* const w = krylov.rest + here.point * krylov.size + here.begin;
  for_each_in_block(here.count, [&](std::int64_t i) {
    double sum = 0.0;
    for (std::int64_t j = 0; j < rows; ++j) sum += c[j] * q[j * krylov.size + i];
    w[i] -= sum;
  });
}

/// lengths[point · stride] = ‖vector‖; one block for each point.
__global__ __launch_bounds__(block) void lengths_kernel(const double* vectors, std::int64_t size,
                                                        double* lengths, std::int64_t stride) {
  const double* const x = vectors + block_index() * size;
  double square = 0.0;
  for_each_in_block(size, [&](std::int64_t i) { square += x[i] * x[i]; });
  square = block_sum(square, shared_memory<double>());
  if (thread_index() == 0) lengths[block_index() * stride] = std::sqrt(square);
}

__global__ __launch_bounds__(block) void last_step_kernel(Krylov krylov, std::int64_t k,
                                                          std::int64_t points, double* last) {
  const std::int64_t point = block_index() * block + thread_index();
  if (point >= points) return;
  last[point] = krylov.alpha[point * krylov.steps + k];
  last[points + point] = krylov.beta[point * krylov.steps + k];
}

__global__ __launch_bounds__(block) void extend_krylov_kernel(Krylov krylov, std::int64_t k,
                                                              const int* goes_on) {
  const Run here(krylov.size);
  const double length = krylov.beta[here.point * krylov.steps + k];
  const bool kept = goes_on[here.point] != 0;
  const double* const w = krylov.rest + here.point * krylov.size + here.begin;
  double* const to = krylov.basis + (here.point * krylov.steps + k + 1) * krylov.size + here.begin;
  for_each_in_block(here.count, [&](std::int64_t i) { to[i] = kept ? w[i] / length : 0.0; });
}

/// One warp for each end of each point.
__global__ __launch_bounds__(warp_size) void ritz_ends_kernel(Krylov krylov, std::int64_t count,
                                                              const int* goes_on, double* scratch,
                                                              RitzEnd* ends, double* vectors) {
  const std::int64_t point = block_index() / 2;
  if (goes_on[point] == 0) return;
  const double* const d = krylov.alpha + point * krylov.steps;
  const double* const e = krylov.beta + point * krylov.steps;
  const bool smallest = block_index() % 2 == 0;
  const double value = multisect(d, e, count, smallest ? 0 : count - 1);
  const double next = count == 1 ? value : multisect(d, e, count, smallest ? 1 : count - 2);
  if (thread_index() != 0) return;
  double* const s = vectors + block_index() * krylov.steps;
  const double miss = shared::twisted_eigenvector(d, e, count, value,
                                                  scratch + block_index() * 2 * krylov.steps, s);
  // ‖A x − θ x‖ ≤ β·|last component of s| + ‖(T − θ)s‖
  ends[block_index()] = {value, e[count - 1] * fabs(s[count - 1]) + miss, next};
}

__global__ __launch_bounds__(block) void ritz_vectors_kernel(Krylov krylov, const double* vectors,
                                                             int end, const int* counts,
                                                             double* out) {
  const Run here(krylov.size);
  const double* const q = krylov.basis + here.point * krylov.steps * krylov.size + here.begin;
  const double* const s = vectors + (2 * here.point + end) * krylov.steps;
  double* const to = out + here.point * krylov.size + here.begin;
  const std::int64_t rows = counts[here.point];
  for_each_in_block(here.count, [&](std::int64_t i) {
    double sum = 0.0;
    for (std::int64_t j = 0; j < rows; ++j) sum += s[j] * q[j * krylov.size + i];
    to[i] = sum;
  });
}

__global__ __launch_bounds__(block) void normalise_kernel(const double* lengths,
                                                          std::int64_t stride, std::int64_t size,
                                                          double* vectors) {
  const Run here(size);
  const double length = lengths[here.point * stride];
  double* const x = vectors + here.point * size + here.begin;
  for_each_in_block(here.count, [&](std::int64_t i) { x[i] /= length; });
}

}  // namespace

void begin_krylov(const Krylov& krylov, const double* start, std::int64_t points,
                  cudaStream_t stream) {
  launch(begin_krylov_kernel, "begin_krylov", points * runs_of(krylov.size), block, 0, stream,
         krylov, start);
}

void orthogonalise(const Krylov& krylov, std::int64_t k, std::int64_t points, cudaStream_t stream) {
  for (const bool first_pass : {true, false}) {
    launch(krylov_coefficients_kernel, "krylov_coefficients", points * (k + 1), block,
           scratch_bytes, stream, krylov, k + 1, first_pass);
    launch(krylov_subtract_kernel, "krylov_subtract", points * runs_of(krylov.size), block, 0,
           stream, krylov, k + 1);
  }
  launch(lengths_kernel, "lengths", points, block, scratch_bytes, stream, krylov.rest, krylov.size,
         krylov.beta + k, krylov.steps);
}

void last_step(const Krylov& krylov, std::int64_t k, std::int64_t points, double* last,
               cudaStream_t stream) {
  launch(last_step_kernel, "last_step", (points + block - 1) / block, block, 0, stream, krylov, k,
         points, last);
}

void extend_krylov(const Krylov& krylov, std::int64_t k, const int* goes_on, std::int64_t points,
                   cudaStream_t stream) {
  launch(extend_krylov_kernel, "extend_krylov", points * runs_of(krylov.size), block, 0, stream,
         krylov, k, goes_on);
}

void ritz_ends(const Krylov& krylov, std::int64_t count, const int* goes_on, std::int64_t points,
               double* scratch, RitzEnd* ends, double* vectors, cudaStream_t stream) {
  launch(ritz_ends_kernel, "ritz_ends", 2 * points, warp_size, 0, stream, krylov, count, goes_on,
         scratch, ends, vectors);
}

void ritz_vectors(const Krylov& krylov, const double* vectors, int end, const int* counts,
                  std::int64_t points, double* out, cudaStream_t stream) {
  launch(ritz_vectors_kernel, "ritz_vectors", points * runs_of(krylov.size), block, 0, stream,
         krylov, vectors, end, counts, out);
  launch(lengths_kernel, "lengths", points, block, scratch_bytes, stream,
         static_cast<const double*>(out), krylov.size, krylov.coefficients, krylov.steps);
  launch(normalise_kernel, "normalise", points * runs_of(krylov.size), block, 0, stream,
         static_cast<const double*>(krylov.coefficients), krylov.steps, krylov.size, out);
}

}  // namespace convexscan::kernels
