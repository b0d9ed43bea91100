// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_passes.hpp"
#include "kernels/backward.hpp"

namespace convexscan::cuda {
namespace {

template <class Real>
kernels::Batch<const Real> read_only(kernels::Batch<Real> batch) {
  return {batch.data, batch.point_stride, batch.row_stride};
}

}  // namespace

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
  const kernels::Batch<Real> g = adjoints_.at(l + 1, columns);
  const kernels::Batch<const Real> a =
      l == 0 ? kernels::Batch<const Real>{data.inputs.data() + start, 0, data.stride}
             : read_only(nodes_.at(l, columns));
  // ∂f/∂W = g·aᵀ, in column-major terms (a·gᵀ).
  input_.context.blas.template multiply<Real>(
      layer.inputs, layer.outputs, columns, {a.data, a.row_stride, a.point_stride, true},
      {g.data, g.row_stride, g.point_stride}, Real(0), part_.data() + layer.weight, layer.inputs,
      data.parameters, group_);
  if (layer.bias >= 0) {
    kernels::row_sums(read_only(g), layer.outputs, columns, points, part_.data() + layer.bias,
                      data.parameters, input_.context.queue());
  }
}

template <class Real>
void GradientPass<Real>::backward(std::int64_t points, std::int64_t start, std::int64_t columns) {
  const NetworkData<Real>& data = input_.data;
  const auto skipped = [&](int node) {
    return node > 0 ? adjoints_.at(node, columns) : kernels::Batch<Real>{};
  };
  for (int l = static_cast<int>(data.layers.size()) - 1; l >= 0; --l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    const kernels::Batch<Real> g = adjoints_.at(l + 1, columns);
    kernels::backward_layer(g, read_only(derivatives_.at(l + 1, columns)),
                            skipped(layer.skip_after), skipped(layer.skip_before), layer.outputs,
                            columns, points, input_.context.queue());
    if (l > 0) {
      // Wᵀ·g onto what skips have left there already.
      const kernels::Batch<Real> to = adjoints_.at(l, columns);
      input_.context.blas.template multiply<Real>(
          columns, layer.inputs, layer.outputs, {g.data, g.row_stride, g.point_stride},
          {weights_.at(layer.weight), layer.inputs, weights_.stride(), true}, Real(1), to.data,
          to.row_stride, to.point_stride, group_);
    }
    differentiate_weights(l, points, start, columns);
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
    for (int node = 1; node < depth; ++node) {
      adjoints_.buffer(node).clear(adjoints_.buffer(node).size(), queue);
    }
    kernels::loss_adjoints<Real>(data.loss_targets(), read_only(nodes_.at(depth, columns)), start,
                                 columns, points, {partial_.data(), nullptr, tiles_},
                                 adjoints_.at(depth, columns), queue);
    backward(points, start, columns);
    kernels::accumulate(part_.data(), points * data.parameters, chunk == 0, gradient, queue);
  }
  if (loss != nullptr) {
    kernels::sum_partials(partial_.data(), tiles_, points, data.loss_divisor(), loss, queue);
  }
}

template class GradientPass<double>;
template class GradientPass<float>;

}  // namespace convexscan::cuda
