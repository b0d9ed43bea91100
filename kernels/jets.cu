// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/jets.hpp"

#include "kernels/affine.cuh"
#include "kernels/primitives.cuh"
#include "shared/activations.hpp"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;
constexpr int most_components = 6;

/// Adds a skip's components at sample s; the input has only the first.
template <class Real>
__device__ inline void add_skip(const Real* from, bool input, int components, std::int64_t columns,
                                std::int64_t s, Real* series) {
  if (from == nullptr) return;
  series[0] += from[s];
  if (input) return;
  for (int c = 1; c < components; ++c) series[c] += from[c * columns + s];
}

/// One neuron's series through σ:  a_x = σ' z_x,  a_xy = σ' z_xy + σ'' z_x z_y.
template <class Real>
__device__ inline void activate(const shared::ActivationValue<Real>& a, int axes, Real* series) {
  const Real x = series[1];
  series[0] = a.value;
  series[1] = a.first * x;
  if (axes == 1) {
    series[2] = a.first * series[2] + Real(0.5) * a.second * x * x;
  } else {
    const Real y = series[2];
    series[2] = a.first * y;
    series[3] = a.first * series[3] + Real(0.5) * a.second * x * x;
    series[4] = a.first * series[4] + a.second * x * y;
    series[5] = a.first * series[5] + Real(0.5) * a.second * y * y;
  }
}

/// One row of one point; source(s, series) sets the components of z before the skip.
template <class Real, class Source>
__device__ inline void finish_row(const JetStep<Real>& step, std::int64_t point, std::int64_t row,
                                  Batch<Real> z, Source&& source) {
  const LayerStep<Real>& layer = step.layer;
  const auto row_of = [&](auto batch) {
    return batch.data == nullptr ? batch.data
                                 : batch.data + point * batch.point_stride + row * batch.row_stride;
  };
  const Real* before = row_of(layer.skip_before);
  const Real* after = row_of(layer.skip_after);
  Real* out = row_of(z);
  const int components = jet_components(step.axes);
  const shared::MaskRow<Real> mask = layer.mask.row(row);
  shared::with_activation(layer.activation, [&]<Activation kind>() {
    for_each_in_block(layer.columns, [&](std::int64_t s) {
      Real series[most_components];
      source(s, series);
      add_skip(before, step.input_before, components, layer.columns, s, series);
      if constexpr (kind != Activation::identity) {
        activate(shared::activation<kind>(series[0], layer.slope), step.axes, series);
      }
      if (layer.mask.drops()) {
        const Real factor = mask.at(layer.start + s);
        for (int c = 0; c < components; ++c) series[c] *= factor;
      }
      add_skip(after, step.input_after, components, layer.columns, s, series);
      for (int c = 0; c < components; ++c) out[c * layer.columns + s] = series[c];
    });
  });
}

/// One block for each row of each point.
template <class Real>
__global__ __launch_bounds__(block) void first_layer_jets_kernel(JetStep<Real> step,
                                                                 Affine<Real> z0,
                                                                 std::int64_t z0_stride,
                                                                 Coordinates coordinates,
                                                                 Batch<Real> z) {
  const std::int64_t point = block_index() / step.layer.rows;
  const std::int64_t row = block_index() % step.layer.rows;
  const Place<Real> here = place<Real>(coordinates, point);
  Affine<Real> own = of_point(z0, point);
  own.x += point * step.direction_stride;
  finish_row(step, point, row, z, [&](std::int64_t s, Real* series) {
    const std::int64_t i = row * z0_stride + s;
    for (int c = 2; c < most_components; ++c) series[c] = Real(0);
    series[0] = at(own, here, i);
    series[1] = own.x[i];
    if (step.axes > 1) series[2] = own.y[i];
  });
}

template <class Real>
__global__ __launch_bounds__(block) void deeper_layer_jets_kernel(JetStep<Real> step,
                                                                  Batch<Real> z) {
  const LayerStep<Real>& layer = step.layer;
  const std::int64_t point = block_index() / layer.rows;
  const std::int64_t row = block_index() % layer.rows;
  const Real* product = z.data + point * z.point_stride + row * z.row_stride;
  const bool biased = layer.bias != nullptr;
  const Real bias = biased ? layer.bias[point * layer.bias_stride + row] : Real(0);
  const Real bias_x = biased ? step.bias_x[point * step.bias_stride + row] : Real(0);
  const Real bias_y = biased && step.axes > 1 ? step.bias_y[row] : Real(0);
  finish_row(step, point, row, z, [&](std::int64_t s, Real* series) {
    for (int c = 0; c < jet_components(step.axes); ++c) series[c] = product[c * layer.columns + s];
    series[0] += bias;
    series[1] += bias_x;
    if (step.axes > 1) series[2] += bias_y;
  });
}

}  // namespace

template <class Real>
void first_layer_jets(const JetStep<Real>& step, Affine<Real> z0, std::int64_t z0_stride,
                      Coordinates coordinates, std::int64_t points, Batch<Real> z,
                      cudaStream_t stream) {
  launch(first_layer_jets_kernel<Real>, "first_layer_jets", points * step.layer.rows, block, 0,
         stream, step, z0, z0_stride, coordinates, z);
}

template <class Real>
void deeper_layer_jets(const JetStep<Real>& step, std::int64_t points, Batch<Real> z,
                       cudaStream_t stream) {
  launch(deeper_layer_jets_kernel<Real>, "deeper_layer_jets", points * step.layer.rows, block, 0,
         stream, step, z);
}

template void first_layer_jets(const JetStep<double>&, Affine<double>, std::int64_t, Coordinates,
                               std::int64_t, Batch<double>, cudaStream_t);
template void first_layer_jets(const JetStep<float>&, Affine<float>, std::int64_t, Coordinates,
                               std::int64_t, Batch<float>, cudaStream_t);
template void deeper_layer_jets(const JetStep<double>&, std::int64_t, Batch<double>, cudaStream_t);
template void deeper_layer_jets(const JetStep<float>&, std::int64_t, Batch<float>, cudaStream_t);

}  // namespace convexscan::kernels
