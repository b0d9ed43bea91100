// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/backward.hpp"

#include "kernels/primitives.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;

/// One block for each row of each point.
template <class Real>
__global__ __launch_bounds__(block) void backward_layer_kernel(
    Batch<Real> g, Batch<const Real> derivative, Batch<Real> bend, Batch<Real> after,
    Batch<Real> before, std::int64_t rows, std::int64_t columns) {
  const std::int64_t point = block_index() / rows;
  const std::int64_t row = block_index() % rows;
  const auto row_of = [&](auto batch) {
    return batch.data == nullptr ? batch.data
                                 : batch.data + point * batch.point_stride + row * batch.row_stride;
  };
  Real* adjoint = row_of(g);
  const Real* slope = row_of(derivative);
  Real* curvature = row_of(bend);
  Real* to_after = row_of(after);
  Real* to_before = row_of(before);
  for_each_in_block(columns, [&](std::int64_t s) {
    const Real output = adjoint[s];
    if (to_after != nullptr) to_after[s] += output;
    if (curvature != nullptr) curvature[s] *= output;
    const Real z = output * slope[s];
    adjoint[s] = z;
    if (to_before != nullptr) to_before[s] += z;
  });
}

/// One block for each row of each point.
template <class Real>
__global__ __launch_bounds__(block) void row_sums_kernel(Batch<const Real> g, std::int64_t rows,
                                                         std::int64_t columns, Real* out,
                                                         std::int64_t out_stride) {
  const std::int64_t point = block_index() / rows;
  const std::int64_t row = block_index() % rows;
  const Real* values = g.data + point * g.point_stride + row * g.row_stride;
  double sum = 0.0;
  for_each_in_block(columns, [&](std::int64_t s) { sum += static_cast<double>(values[s]); });
  sum = block_sum(sum, shared_memory<double>());
  if (thread_index() == 0) out[point * out_stride + row] = static_cast<Real>(sum);
}

constexpr std::int64_t terms_per_block = 8 * block;

template <class Real>
__global__ __launch_bounds__(block) void accumulate_kernel(const Real* part, std::int64_t count,
                                                           bool first, double* total) {
  const std::int64_t begin = block_index() * terms_per_block;
  const std::int64_t size = count - begin < terms_per_block ? count - begin : terms_per_block;
  for_each_in_block(size, [&](std::int64_t k) {
    const std::int64_t i = begin + k;
    const double value = static_cast<double>(part[i]);
    total[i] = first ? value : total[i] + value;
  });
}

}  // namespace

template <class Real>
void backward_layer(Batch<Real> g, Batch<const Real> derivative, Batch<Real> bend,
                    Batch<Real> after, Batch<Real> before, std::int64_t rows, std::int64_t columns,
                    std::int64_t points, cudaStream_t stream) {
  launch(backward_layer_kernel<Real>, "backward_layer", points * rows, block, 0, stream, g,
         derivative, bend, after, before, rows, columns);
}

template <class Real>
void row_sums(Batch<const Real> g, std::int64_t rows, std::int64_t columns, std::int64_t points,
              Real* out, std::int64_t out_stride, cudaStream_t stream) {
  launch(row_sums_kernel<Real>, "row_sums", points * rows, block,
         block / warp_size * sizeof(double), stream, g, rows, columns, out, out_stride);
}

template <class Real>
void accumulate(const Real* part, std::int64_t count, bool first, double* total,
                cudaStream_t stream) {
  launch(accumulate_kernel<Real>, "accumulate", (count + terms_per_block - 1) / terms_per_block,
         block, 0, stream, part, count, first, total);
}

template void backward_layer(Batch<double>, Batch<const double>, Batch<double>, Batch<double>,
                             Batch<double>, std::int64_t, std::int64_t, std::int64_t, cudaStream_t);
template void backward_layer(Batch<float>, Batch<const float>, Batch<float>, Batch<float>,
                             Batch<float>, std::int64_t, std::int64_t, std::int64_t, cudaStream_t);
template void row_sums(Batch<const double>, std::int64_t, std::int64_t, std::int64_t, double*,
                       std::int64_t, cudaStream_t);
template void row_sums(Batch<const float>, std::int64_t, std::int64_t, std::int64_t, float*,
                       std::int64_t, cudaStream_t);
template void accumulate(const double*, std::int64_t, bool, double*, cudaStream_t);
template void accumulate(const float*, std::int64_t, bool, double*, cudaStream_t);

}  // namespace convexscan::kernels
