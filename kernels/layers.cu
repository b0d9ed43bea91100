// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/layers.hpp"

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"
#include "shared/activations.hpp"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;
constexpr int blocks_per_processor = 8;  // bounds the registers; without it ptxas spills a few

/// One row of one point; source(s) is W·a without the bias.
template <class Real, class Source>
__device__ inline void finish_row(const LayerStep<Real>& step, std::int64_t point, std::int64_t row,
                                  Batch<Real> z, Derivatives<Real> derivatives, Source&& source) {
  const auto row_of = [&](auto batch) {
    return batch.data == nullptr ? batch.data
                                 : batch.data + point * batch.point_stride + row * batch.row_stride;
  };
  const Real* before = row_of(step.skip_before);
  const Real* after = row_of(step.skip_after);
  Real* out = row_of(z);
  Real* first = row_of(derivatives.first);
  Real* second = row_of(derivatives.second);
  const Real bias = step.bias == nullptr ? Real(0) : step.bias[point * step.bias_stride + row];
  const shared::MaskRow<Real> mask = step.mask.row(row);
  shared::with_activation(step.activation, [&]<Activation kind>() {
    for_each_in_block(step.columns, [&](std::int64_t s) {
      Real value = source(s) + bias;
      if (before != nullptr) value += before[s];
      auto a = shared::activation<kind>(value, step.slope);
      if (step.mask.drops()) {
        const Real factor = mask.at(step.start + s);
        a.value *= factor;
        a.first *= factor;
        a.second *= factor;
      }
      out[s] = after == nullptr ? a.value : a.value + after[s];
      if (first != nullptr) first[s] = a.first;
      if (second != nullptr) second[s] = a.second;
    });
  });
}

/// One block for each row of each point.
template <class Real>
__global__ __launch_bounds__(block, blocks_per_processor) void first_layer_kernel(
    LayerStep<Real> step, Affine<Real> z0, std::int64_t z0_stride, Coordinates coordinates,
    Batch<Real> z, Derivatives<Real> derivatives) {
  const std::int64_t point = block_index() / step.rows;
  const std::int64_t row = block_index() % step.rows;
  const Place<Real> here = place<Real>(coordinates, point);
  const Affine<Real> own = of_point(z0, point);
  finish_row(step, point, row, z, derivatives,
             [&](std::int64_t s) { return at(own, here, row * z0_stride + s); });
}

template <class Real>
__global__ __launch_bounds__(block, blocks_per_processor) void deeper_layer_kernel(
    LayerStep<Real> step, Batch<Real> z, Derivatives<Real> derivatives) {
  const std::int64_t point = block_index() / step.rows;
  const std::int64_t row = block_index() % step.rows;
  const Real* product = z.data + point * z.point_stride + row * z.row_stride;
  finish_row(step, point, row, z, derivatives, [&](std::int64_t s) { return product[s]; });
}

}  // namespace

template <class Real>
void first_layer(const LayerStep<Real>& step, Affine<Real> z0, std::int64_t z0_stride,
                 Coordinates coordinates, std::int64_t points, Batch<Real> z,
                 Derivatives<Real> derivatives, cudaStream_t stream) {
  launch(first_layer_kernel<Real>, "first_layer", points * step.rows, block, 0, stream, step, z0,
         z0_stride, coordinates, z, derivatives);
}

template <class Real>
void deeper_layer(const LayerStep<Real>& step, std::int64_t points, Batch<Real> z,
                  Derivatives<Real> derivatives, cudaStream_t stream) {
  launch(deeper_layer_kernel<Real>, "deeper_layer", points * step.rows, block, 0, stream, step, z,
         derivatives);
}

template void first_layer(const LayerStep<double>&, Affine<double>, std::int64_t, Coordinates,
                          std::int64_t, Batch<double>, Derivatives<double>, cudaStream_t);
template void first_layer(const LayerStep<float>&, Affine<float>, std::int64_t, Coordinates,
                          std::int64_t, Batch<float>, Derivatives<float>, cudaStream_t);
template void deeper_layer(const LayerStep<double>&, std::int64_t, Batch<double>,
                           Derivatives<double>, cudaStream_t);
template void deeper_layer(const LayerStep<float>&, std::int64_t, Batch<float>, Derivatives<float>,
                           cudaStream_t);

}  // namespace convexscan::kernels
