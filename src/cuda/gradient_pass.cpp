// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/backward_pass.hpp"

namespace convexscan::cuda {

template <class Real>
GradientPass<Real>::GradientPass(const PassInput<Real>& input, std::int64_t group)
    : input_(input),
      group_(group),
      tiles_(input.data.stride / kernels::loss_tile),
      weights_(input.data, input.slice, input.context, group),
      nodes_(input.data, group, 1),
      derivatives_(input.data, group, 1),
      adjoints_(input.data, group, 1),
      part_(group * input.data.parameters),
      partial_(group * tiles_) {}

template <class Real>
std::int64_t GradientPass<Real>::bytes_per_point(const NetworkData<Real>& data) {
  return 3 * NetworkNodes<Real>::bytes_per_point(data, 1) +
         data.parameters * static_cast<std::int64_t>(2 * sizeof(Real) + sizeof(double));
}

template <class Real>
void GradientPass<Real>::differentiate_weights(int l, std::int64_t points, std::int64_t start,
                                               std::int64_t columns) {
  const NetworkData<Real>& data = input_.data;
  const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
  const kernels::Batch<const Real> g = read_only(adjoints_.at(l + 1, columns));
  multiply_outer<Real>(input_.context.blas, layer, {g, 0, columns},
                       {layer_input(data, nodes_, l, start, columns), 0, columns}, Real(0),
                       part_.data() + layer.weight, data.parameters, group_);
  if (layer.bias >= 0) {
    kernels::row_sums(g, layer.outputs, columns, points, part_.data() + layer.bias, data.parameters,
                      input_.context.queue());
  }
}

template <class Real>
void GradientPass<Real>::run(kernels::Coordinates coordinates, std::int64_t points, double* loss,
                             double* gradient) {
  const NetworkData<Real>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const int depth = static_cast<int>(data.layers.size());
  weights_.make(coordinates, points);
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t columns = data.chunk_columns(chunk);
    forward(input_, weights_, coordinates, points, group_, start, columns, nodes_, &derivatives_);
    kernels::loss_adjoints<Real>(data.loss_targets(), read_only(nodes_.at(depth, columns)), start,
                                 columns, points, {partial_.data(), nullptr, tiles_},
                                 adjoints_.at(depth, columns), queue);
    backward(input_, weights_, points, group_, columns, derivatives_,
             static_cast<NetworkNodes<Real>*>(nullptr), adjoints_,
             [&](int l) { differentiate_weights(l, points, start, columns); });
    kernels::accumulate(part_.data(), points * data.parameters, chunk == 0, gradient, queue);
  }
  if (loss != nullptr) {
    kernels::sum_partials(partial_.data(), tiles_, points, data.loss_divisor(), loss, queue);
  }
}

template class GradientPass<double>;
template class GradientPass<float>;

}  // namespace convexscan::cuda
