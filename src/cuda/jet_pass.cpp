// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_passes.hpp"

namespace convexscan::cuda {
namespace {

/// (Wa)_x = W a_x + A a,  (Wa)_xx = W a_xx + 2 A a_x,  (Wa)_xy = W a_xy + A a_y + B a_x, with A and
/// B the directions' weights; W is affine in the coordinates, so there is no W_xx. With kept 1 they
/// are added to what is there.
template <class Real>
void multiply_jets(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                   const JetAxes<Real>& axes, std::int64_t group, int l, std::int64_t columns,
                   Real kept, NetworkNodes<Real>& nodes) {
  const LayerPlan<Real>& layer = input.data.layers[static_cast<std::size_t>(l)];
  const kernels::Batch<Real> a = nodes.at(l, columns);
  const kernels::Batch<Real> z = nodes.at(l + 1, columns);
  const auto product = [&](const Real* matrix, std::int64_t stride, int from, int count, int to,
                           Real beta) {
    multiply_layer<Real>(input.context.blas, layer, matrix, stride,
                         {{a.data, a.point_stride, a.row_stride}, from * columns, count * columns},
                         {z, to * columns, count * columns}, beta, group);
  };
  const Real* own = weights.at(layer.weight);
  const Real add{1};
  if (axes.axes == 1) {
    product(own, weights.stride(), 0, 3, 0, kept);
    product(axes.x + layer.weight, axes.stride, 0, 2, 1, add);  // (v, x) → (x, ½xx)
    return;
  }
  product(own, weights.stride(), 0, 6, 0, kept);
  product(axes.x + layer.weight, axes.stride, 0, 1, 1, add);  // v → x
  product(axes.x + layer.weight, axes.stride, 1, 2, 3, add);  // (x, y) → (½xx, xy)
  product(axes.y + layer.weight, 0, 0, 1, 2, add);            // v → y
  product(axes.y + layer.weight, 0, 1, 2, 4, add);            // (x, y) → (xy, ½yy)
}

}  // namespace

template <class Real>
JetAxes<Real> JetAxes<Real>::of(const NetworkSlice<Real>& slice) {
  const kernels::Affine<Real> parameter = slice.parameter();
  return {slice.axes(), parameter.x, parameter.y, 0, slice.first(), 0};
}

template <class Real>
void forward_jets(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                  const JetAxes<Real>& axes, kernels::Coordinates coordinates, std::int64_t points,
                  std::int64_t group, std::int64_t start, std::int64_t columns,
                  NetworkNodes<Real>& nodes) {
  const NetworkData<Real>& data = input.data;
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    kernels::JetStep<Real> step;
    step.layer = layer_step(input, weights, nodes, l, start, columns);
    step.axes = axes.axes;
    step.bias_stride = axes.stride;
    step.direction_stride = axes.first_stride;
    step.input_before = layer.skip_before == 0;
    step.input_after = layer.skip_after == 0;
    if (layer.bias >= 0) {
      step.bias_x = axes.x + layer.bias;
      if (step.axes > 1) step.bias_y = axes.y + layer.bias;
    }
    const kernels::Batch<Real> z = nodes.at(l + 1, columns);
    if (l == 0) {
      kernels::first_layer_jets(step, axes.first.from(start), data.stride, coordinates, points, z,
                                input.context.queue());
    } else {
      const bool settled = l == 1 && input.slice.has_second();
      if (settled) {
        kernels::JetStep<Real> affine;
        affine.layer.rows = layer.outputs;
        affine.layer.columns = columns;
        affine.axes = step.axes;
        kernels::first_layer_jets(affine, input.slice.second().from(start), data.stride,
                                  coordinates, points, z, input.context.queue());
      }
      multiply_jets(input, weights, axes, group, l, columns, settled ? Real(1) : Real(0), nodes);
      kernels::deeper_layer_jets(step, points, z, input.context.queue());
    }
  }
}

template <class Real>
JetPass<Real>::JetPass(const PassInput<Real>& input, std::int64_t group)
    : input_(input),
      group_(group),
      tiles_(input.data.stride / kernels::loss_tile),
      weights_(input.data, input.slice, input.context, group),
      nodes_(input.data, group, kernels::jet_components(input.slice.axes())),
      partial_(3 * group * tiles_) {}

template <class Real>
std::int64_t JetPass<Real>::bytes_per_point(const NetworkData<Real>& data, int axes) {
  return NetworkNodes<Real>::bytes_per_point(data, kernels::jet_components(axes)) +
         (data.parameters - data.deep_begin()) * static_cast<std::int64_t>(sizeof(Real));
}

template <class Real>
void JetPass<Real>::run(kernels::Coordinates coordinates, std::int64_t points, double* curvature) {
  const NetworkData<Real>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  weights_.make(coordinates, points);
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t columns = data.chunk_columns(chunk);
    forward_jets(input_, weights_, JetAxes<Real>::of(input_.slice), coordinates, points, group_,
                 start, columns, nodes_);
    const kernels::Batch<Real> z = nodes_.at(static_cast<int>(data.layers.size()), columns);
    kernels::curvature_partials<Real>(data.loss_targets(), {z.data, z.point_stride, z.row_stride},
                                      input_.slice.axes(), start, columns, points, tiles_,
                                      partial_.data(), queue);
  }
  kernels::sum_partials(partial_.data(), tiles_, 3 * points, data.loss_divisor(), curvature, queue);
}

template struct JetAxes<double>;
template struct JetAxes<float>;
template void forward_jets(const PassInput<double>&, const GroupWeights<double>&,
                           const JetAxes<double>&, kernels::Coordinates, std::int64_t, std::int64_t,
                           std::int64_t, std::int64_t, NetworkNodes<double>&);
template void forward_jets(const PassInput<float>&, const GroupWeights<float>&,
                           const JetAxes<float>&, kernels::Coordinates, std::int64_t, std::int64_t,
                           std::int64_t, std::int64_t, NetworkNodes<float>&);
template class JetPass<double>;
template class JetPass<float>;

}  // namespace convexscan::cuda
