// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_passes.hpp"

namespace convexscan::cuda {

template <class Real>
kernels::LayerStep<Real> layer_step(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                                    NetworkNodes<Real>& nodes, int l, std::int64_t start,
                                    std::int64_t columns) {
  const LayerPlan<Real>& layer = input.data.layers[static_cast<std::size_t>(l)];
  const auto node = [&](int index) -> kernels::Batch<const Real> {
    if (index == Layer::no_skip) return {};
    if (index == 0) return {input.data.inputs.data() + start, 0, input.data.stride};
    const kernels::Batch<Real> batch = nodes.at(index, columns);
    return {batch.data, batch.point_stride, batch.row_stride};
  };
  kernels::LayerStep<Real> step;
  step.activation = layer.activation;
  step.slope = layer.slope;
  step.rows = layer.outputs;
  step.columns = columns;
  if (l > 0 && layer.bias >= 0) {
    step.bias = weights.at(layer.bias);
    step.bias_stride = weights.stride();
  }
  step.skip_before = node(layer.skip_before);
  step.skip_after = node(layer.skip_after);
  step.mask = layer.mask;
  step.start = start;
  return step;
}

template <class Real>
void forward_layer(const PassInput<Real>& input, const GroupWeights<Real>& weights,
                   kernels::Coordinates coordinates, std::int64_t points, std::int64_t group,
                   std::int64_t start, std::int64_t columns, int l, NetworkNodes<Real>& nodes,
                   NetworkNodes<Real>* derivatives, NetworkNodes<Real>* seconds) {
  const LayerPlan<Real>& layer = input.data.layers[static_cast<std::size_t>(l)];
  const std::int64_t stride = input.data.stride;
  const cudaStream_t queue = input.context.queue();
  const kernels::LayerStep<Real> step = layer_step(input, weights, nodes, l, start, columns);
  const kernels::Batch<Real> z = nodes.at(l + 1, columns);
  const auto of = [&](NetworkNodes<Real>* nodes_or_null) {
    return nodes_or_null == nullptr ? kernels::Batch<Real>{} : nodes_or_null->at(l + 1, columns);
  };
  const kernels::Derivatives<Real> out{of(derivatives), of(seconds)};
  if (l == 0) {
    kernels::first_layer(step, input.slice.first().from(start), stride, coordinates, points, z, out,
                         queue);
    return;
  }
  const bool settled = l == 1 && input.slice.has_second();
  if (settled) {
    kernels::LayerStep<Real> affine;
    affine.rows = layer.outputs;
    affine.columns = columns;
    kernels::first_layer(affine, input.slice.second().from(start), stride, coordinates, points, z,
                         {}, queue);
  }
  const kernels::Batch<Real> a = nodes.at(l, columns);
  multiply_layer<Real>(input.context.blas, layer, weights.at(layer.weight), weights.stride(),
                       {{a.data, a.point_stride, a.row_stride}, 0, columns}, {z, 0, columns},
                       settled ? Real(1) : Real(0), group);
  kernels::deeper_layer(step, points, z, out, queue);
}

template <class Real>
void forward(const PassInput<Real>& input, const GroupWeights<Real>& weights,
             kernels::Coordinates coordinates, std::int64_t points, std::int64_t group,
             std::int64_t start, std::int64_t columns, NetworkNodes<Real>& nodes,
             NetworkNodes<Real>* derivatives, NetworkNodes<Real>* seconds) {
  for (int l = 0; l < static_cast<int>(input.data.layers.size()); ++l) {
    forward_layer(input, weights, coordinates, points, group, start, columns, l, nodes, derivatives,
                  seconds);
  }
}

template <class Real>
LossPass<Real>::LossPass(const PassInput<Real>& input, std::int64_t group)
    : input_(input),
      group_(group),
      tiles_(input.data.stride / kernels::loss_tile),
      weights_(input.data, input.slice, input.context, group),
      nodes_(input.data, group, 1),
      partial_(2 * group * tiles_) {}

template <class Real>
std::int64_t LossPass<Real>::bytes_per_point(const NetworkData<Real>& data) {
  return NetworkNodes<Real>::bytes_per_point(data, 1) +
         (data.parameters - data.deep_begin()) * static_cast<std::int64_t>(sizeof(Real));
}

template <class Real>
void LossPass<Real>::run(kernels::Coordinates coordinates, std::int64_t points, double* loss,
                         double* accuracy) {
  const NetworkData<Real>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const int depth = static_cast<int>(data.layers.size());
  double* const correct = accuracy == nullptr ? nullptr : partial_.data() + group_ * tiles_;
  weights_.make(coordinates, points);
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t columns = data.chunk_columns(chunk);
    forward<Real>(input_, weights_, coordinates, points, group_, start, columns, nodes_);
    const kernels::Batch<Real> z = nodes_.at(depth, columns);
    kernels::loss_partials<Real>(data.loss_targets(), {z.data, z.point_stride, z.row_stride}, start,
                                 columns, points, {partial_.data(), correct, tiles_}, queue);
  }
  kernels::sum_partials(partial_.data(), tiles_, points, data.loss_divisor(), loss, queue);
  if (accuracy != nullptr) {
    kernels::sum_partials(correct, tiles_, points, data.accuracy_divisor(), accuracy, queue);
  }
}

template kernels::LayerStep<double> layer_step(const PassInput<double>&,
                                               const GroupWeights<double>&, NetworkNodes<double>&,
                                               int, std::int64_t, std::int64_t);
template kernels::LayerStep<float> layer_step(const PassInput<float>&, const GroupWeights<float>&,
                                              NetworkNodes<float>&, int, std::int64_t,
                                              std::int64_t);
template void forward_layer(const PassInput<double>&, const GroupWeights<double>&,
                            kernels::Coordinates, std::int64_t, std::int64_t, std::int64_t,
                            std::int64_t, int, NetworkNodes<double>&, NetworkNodes<double>*,
                            NetworkNodes<double>*);
template void forward_layer(const PassInput<float>&, const GroupWeights<float>&,
                            kernels::Coordinates, std::int64_t, std::int64_t, std::int64_t,
                            std::int64_t, int, NetworkNodes<float>&, NetworkNodes<float>*,
                            NetworkNodes<float>*);
template void forward(const PassInput<double>&, const GroupWeights<double>&, kernels::Coordinates,
                      std::int64_t, std::int64_t, std::int64_t, std::int64_t, NetworkNodes<double>&,
                      NetworkNodes<double>*, NetworkNodes<double>*);
template void forward(const PassInput<float>&, const GroupWeights<float>&, kernels::Coordinates,
                      std::int64_t, std::int64_t, std::int64_t, std::int64_t, NetworkNodes<float>&,
                      NetworkNodes<float>*, NetworkNodes<float>*);
template class LossPass<double>;
template class LossPass<float>;

}  // namespace convexscan::cuda
