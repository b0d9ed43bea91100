// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_passes.hpp"

namespace convexscan::cuda {

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

/// (Wa)_x = W a_x + A a,  (Wa)_xx = W a_xx + 2 A a_x,  (Wa)_xy = W a_xy + A a_y + B a_x, with A and
/// B the directions' weights; W is affine in the coordinates, so there is no W_xx. With kept 1 they
/// are added to what is there.
template <class Real>
void JetPass<Real>::multiply_jets(int l, std::int64_t columns, Real kept) {
  const LayerPlan<Real>& layer = input_.data.layers[static_cast<std::size_t>(l)];
  const kernels::Batch<Real> a = nodes_.at(l, columns);
  const kernels::Batch<Real> z = nodes_.at(l + 1, columns);
  const kernels::Affine<Real> parameter = input_.slice.parameter();
  const auto product = [&](const Real* weights, std::int64_t stride, int from, int count, int to,
                           Real beta) {
    multiply_layer<Real>(input_.context.blas, layer, weights, stride,
                         {{a.data, a.point_stride, a.row_stride}, from * columns, count * columns},
                         {z, to * columns, count * columns}, beta, group_);
  };
  const Real* own = weights_.at(layer.weight);
  const Real add{1};
  if (input_.slice.axes() == 1) {
    product(own, weights_.stride(), 0, 3, 0, kept);
    product(parameter.x + layer.weight, 0, 0, 2, 1, add);  // (v, x) → (x, ½xx)
    return;
  }
  product(own, weights_.stride(), 0, 6, 0, kept);
  product(parameter.x + layer.weight, 0, 0, 1, 1, add);  // v → x
  product(parameter.x + layer.weight, 0, 1, 2, 3, add);  // (x, y) → (½xx, xy)
  product(parameter.y + layer.weight, 0, 0, 1, 2, add);  // v → y
  product(parameter.y + layer.weight, 0, 1, 2, 4, add);  // (x, y) → (xy, ½yy)
}

template <class Real>
void JetPass<Real>::forward_jets(kernels::Coordinates coordinates, std::int64_t points,
                                 std::int64_t start, std::int64_t columns) {
  const NetworkData<Real>& data = input_.data;
  const kernels::Affine<Real> parameter = input_.slice.parameter();
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    kernels::JetStep<Real> step;
    step.layer = layer_step(input_, weights_, nodes_, l, start, columns);
    step.axes = input_.slice.axes();
    step.input_before = layer.skip_before == 0;
    step.input_after = layer.skip_after == 0;
    if (layer.bias >= 0) {
      step.bias_x = parameter.x + layer.bias;
      if (step.axes > 1) step.bias_y = parameter.y + layer.bias;
    }
    const kernels::Batch<Real> z = nodes_.at(l + 1, columns);
    if (l == 0) {
      kernels::first_layer_jets(step, input_.slice.first().from(start), data.stride, coordinates,
                                points, z, input_.context.queue());
    } else {
      const bool settled = l == 1 && input_.slice.has_second();
      if (settled) {
        kernels::JetStep<Real> affine;
        affine.layer.rows = layer.outputs;
        affine.layer.columns = columns;
        affine.axes = step.axes;
        kernels::first_layer_jets(affine, input_.slice.second().from(start), data.stride,
                                  coordinates, points, z, input_.context.queue());
      }
      multiply_jets(l, columns, settled ? Real(1) : Real(0));
      kernels::deeper_layer_jets(step, points, z, input_.context.queue());
    }
  }
}

template <class Real>
void JetPass<Real>::run(kernels::Coordinates coordinates, std::int64_t points, double* curvature) {
  const NetworkData<Real>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  weights_.make(coordinates, points);
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t columns = data.chunk_columns(chunk);
    forward_jets(coordinates, points, start, columns);
    const kernels::Batch<Real> z = nodes_.at(static_cast<int>(data.layers.size()), columns);
    kernels::curvature_partials<Real>(data.loss_targets(), {z.data, z.point_stride, z.row_stride},
                                      input_.slice.axes(), start, columns, points, tiles_,
                                      partial_.data(), queue);
  }
  kernels::sum_partials(partial_.data(), tiles_, 3 * points, data.loss_divisor(), curvature, queue);
}

template class JetPass<double>;
template class JetPass<float>;

}  // namespace convexscan::cuda
