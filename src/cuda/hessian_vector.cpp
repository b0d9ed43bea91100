// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/hessian_vector.hpp"

#include <algorithm>

#include "cuda/backward_pass.hpp"

namespace convexscan::cuda {

HessianVector::Primal::Primal(const NetworkData<double>& data, std::int64_t group)
    : values(data, group, 1),
      slopes(data, group, 1),
      bends(data, group, 1),
      adjoints(data, group, 1),
      seconds(group * data.layers.back().outputs * std::min(sample_chunk, data.stride)) {}

kernels::Batch<double> HessianVector::seconds(Primal& primal, std::int64_t columns) const {
  return {primal.seconds.data(), input_.data.layers.back().outputs * columns, columns};
}

/// Computing the primal pass again costs half as much as a product with one vector.
bool HessianVector::stores(const NetworkData<double>& data) {
  constexpr std::int64_t most_bytes = std::int64_t{256} << 20;
  return 5 * data.chunks() * NetworkNodes<double>::bytes_per_point(data, 1) <= most_bytes;
}

std::int64_t HessianVector::bytes_per_point(const Objective& objective,
                                            const NetworkData<double>& data, std::int64_t vectors) {
  const std::int64_t chunks = stores(data) ? data.chunks() : 1;
  const std::int64_t doubles =
      data.parameters * (1 + 3 * vectors) + static_cast<std::int64_t>(objective.subset.size());
  return 5 * chunks * NetworkNodes<double>::bytes_per_point(data, 1) +
         3 * NetworkNodes<double>::bytes_per_point(data, static_cast<int>(vectors)) +
         doubles * static_cast<std::int64_t>(sizeof(double));
}

HessianVector::HessianVector(const Objective& objective, const PassInput<double>& input,
                             const Slice& slice, std::int64_t group, std::int64_t vectors)
    : objective_(objective),
      input_(input),
      group_(group),
      stored_(stores(input.data)),
      penalty_(objective, slice, input.context.queue()),
      weights_(input.data, input.slice, input.context, group),
      a_dot_(input.data, group, static_cast<int>(vectors)),
      z_dot_(input.data, group, static_cast<int>(vectors)),
      g_dot_(input.data, group, static_cast<int>(vectors)),
      directions_(group * vectors * input.data.parameters),
      part_(group * vectors * input.data.parameters),
      sums_(group * vectors * input.data.parameters),
      partial_(group * (input.data.stride / kernels::loss_tile)),
      second_(objective.penalty.empty() ? 0 : group * penalty_.subset_size()) {
  const std::int64_t chunks = stored_ ? input.data.chunks() : 1;
  while (static_cast<std::int64_t>(primal_.size()) < chunks) {
    primal_.push_back(std::make_unique<Primal>(input.data, group));
  }
}

void HessianVector::set_points(kernels::Coordinates coordinates, std::int64_t points) {
  coordinates_ = coordinates;
  points_ = points;
  weights_.make(coordinates, points);
  if (!objective_.penalty.empty()) {
    kernels::penalty_seconds(penalty_.task(), coordinates, points, penalty_.subset(), size(),
                             second_.data(), input_.context.queue());
  }
  for (std::int64_t chunk = 0; stored_ && chunk < input_.data.chunks(); ++chunk) {
    make_primal(*primal_[static_cast<std::size_t>(chunk)], chunk);
  }
}

void HessianVector::make_primal(Primal& primal, std::int64_t chunk) {
  const NetworkData<double>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const std::int64_t start = chunk * sample_chunk;
  const std::int64_t columns = data.chunk_columns(chunk);
  const int depth = static_cast<int>(data.layers.size());
  forward<double>(input_, weights_, coordinates_, points_, group_, start, columns, primal.values,
                  &primal.slopes, &primal.bends);
  const kernels::Batch<const double> outputs = read_only(primal.values.at(depth, columns));
  const std::int64_t tiles = data.stride / kernels::loss_tile;
  kernels::loss_adjoints<double>(data.loss_targets(), outputs, start, columns, points_,
                                 {partial_.data(), nullptr, tiles},
                                 primal.adjoints.at(depth, columns), queue);
  kernels::loss_seconds(data.loss_targets(), outputs, start, columns, points_,
                        seconds(primal, columns), queue);
  backward(input_, weights_, points_, group_, columns, primal.slopes, &primal.bends,
           primal.adjoints, [](int) {});
}

kernels::TangentStep HessianVector::step(Primal& primal, int l, std::int64_t columns,
                                         std::int64_t count) {
  const LayerPlan<double>& layer = input_.data.layers[static_cast<std::size_t>(l)];
  return {layer.outputs, columns, count, read_only(primal.slopes.at(l + 1, columns)),
          read_only(primal.bends.at(l + 1, columns))};
}

/// ż_l = W_l ȧ_{l−1} + V_l a_{l−1} + ḃ_l,  ȧ_l = σ'(z_l) ⊙ ż_l, and the skips.
void HessianVector::forward_tangents(Primal& primal, std::int64_t chunk, std::int64_t count) {
  const NetworkData<double>& data = input_.data;
  const std::int64_t start = chunk * sample_chunk;
  const std::int64_t columns = data.chunk_columns(chunk);
  const auto skipped = [&](int node) {
    return node > 0 ? read_only(a_dot_.at(node, columns)) : kernels::Batch<const double>{};
  };
  for (int l = 0; l < static_cast<int>(data.layers.size()); ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    const kernels::Batch<double> z = z_dot_.at(l + 1, columns);
    const kernels::Batch<const double> a = layer_input(data, primal.values, l, start, columns);
    for (std::int64_t k = 0; k < count; ++k) {
      multiply_layer<double>(
          input_.context.blas, layer, directions_.data() + k * data.parameters + layer.weight,
          count * data.parameters, {a, 0, columns}, {z, k * columns, columns}, 0.0, group_);
    }
    if (l > 0) {
      multiply_layer<double>(input_.context.blas, layer, weights_.at(layer.weight),
                             weights_.stride(),
                             {read_only(a_dot_.at(l, columns)), 0, count * columns},
                             {z, 0, count * columns}, 1.0, group_);
    }
    kernels::tangent_layer(step(primal, l, columns, count),
                           layer.bias < 0 ? nullptr : directions_.data() + layer.bias,
                           data.parameters, skipped(layer.skip_before), skipped(layer.skip_after),
                           points_, z, a_dot_.at(l + 1, columns), input_.context.queue());
  }
}

/// ġ_l = σ'(z_l) ⊙ ȧdj_l + σ''(z_l) ⊙ adj_l ⊙ ż_l,  ȧdj_{l−1} = W_lᵀ ġ_l + V_lᵀ g_l, and the skips.
void HessianVector::backward_tangents(Primal& primal, std::int64_t chunk, std::int64_t count) {
  const NetworkData<double>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const std::int64_t columns = data.chunk_columns(chunk);
  const int depth = static_cast<int>(data.layers.size());
  const auto skipped = [&](int node) {
    return node > 0 ? g_dot_.at(node, columns) : kernels::Batch<double>{};
  };
  for (int node = 1; node < depth; ++node) {
    g_dot_.buffer(node).clear(g_dot_.buffer(node).size(), queue);
  }
  kernels::loss_tangents(data.loss_targets(), read_only(seconds(primal, columns)),
                         read_only(a_dot_.at(depth, columns)), columns, count, points_,
                         g_dot_.at(depth, columns), queue);
  for (int l = depth - 1; l >= 0; --l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    const kernels::Batch<double> g_dot = g_dot_.at(l + 1, columns);
    kernels::backward_tangents(step(primal, l, columns, count),
                               read_only(z_dot_.at(l + 1, columns)), skipped(layer.skip_after),
                               skipped(layer.skip_before), points_, g_dot, queue);
    if (l > 0) {
      const kernels::Batch<double> to = g_dot_.at(l, columns);
      multiply_transposed<double>(input_.context.blas, layer, weights_.at(layer.weight),
                                  weights_.stride(), {read_only(g_dot), 0, count * columns},
                                  {to, 0, count * columns}, group_);
      const kernels::Batch<const double> g = read_only(primal.adjoints.at(l + 1, columns));
      for (std::int64_t k = 0; k < count; ++k) {
        multiply_transposed<double>(
            input_.context.blas, layer, directions_.data() + k * data.parameters + layer.weight,
            count * data.parameters, {g, 0, columns}, {to, k * columns, columns}, group_);
      }
    }
    differentiate_weights(primal, l, chunk, count);
  }
}

/// (Hv)_l = Σ_samples ġ_l a_{l−1}ᵀ + g_l ȧ_{l−1}ᵀ of one chunk.
void HessianVector::differentiate_weights(Primal& primal, int l, std::int64_t chunk,
                                          std::int64_t count) {
  const NetworkData<double>& data = input_.data;
  const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
  const std::int64_t columns = data.chunk_columns(chunk);
  const kernels::Batch<double> g_dot = g_dot_.at(l + 1, columns);
  const kernels::Batch<const double> a =
      layer_input(data, primal.values, l, chunk * sample_chunk, columns);
  const std::int64_t stride = count * data.parameters;
  for (std::int64_t k = 0; k < count; ++k) {
    double* const out = part_.data() + k * data.parameters;
    multiply_outer<double>(input_.context.blas, layer, {read_only(g_dot), k * columns, columns},
                           {a, 0, columns}, 0.0, out + layer.weight, stride, group_);
    if (l > 0) {
      multiply_outer<double>(input_.context.blas, layer,
                             {read_only(primal.adjoints.at(l + 1, columns)), 0, columns},
                             {read_only(a_dot_.at(l, columns)), k * columns, columns}, 1.0,
                             out + layer.weight, stride, group_);
    }
    if (layer.bias >= 0) {
      kernels::row_sums<double>({g_dot.data + k * columns, g_dot.point_stride, g_dot.row_stride},
                                layer.outputs, columns, points_, out + layer.bias, stride,
                                input_.context.queue());
    }
  }
}

void HessianVector::apply(const double* vectors, Layout from, std::int64_t count, double* products,
                          Layout to) {
  const NetworkData<double>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const kernels::SubsetVectors in{penalty_.subset(), size(), count, vectors, from.point_stride,
                                  from.vector_stride};
  kernels::scatter_vectors(in, points_, data.parameters, directions_.data(), queue);
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    Primal& primal = *primal_[static_cast<std::size_t>(stored_ ? chunk : 0)];
    if (!stored_) make_primal(primal, chunk);
    forward_tangents(primal, chunk, count);
    backward_tangents(primal, chunk, count);
    kernels::accumulate(part_.data(), points_ * count * data.parameters, chunk == 0, sums_.data(),
                        queue);
  }
  kernels::gather_products(in, points_, data.parameters, sums_.data(), data.loss_divisor(),
                           objective_.penalty.empty() ? nullptr : second_.data(), products,
                           to.point_stride, to.vector_stride, queue);
}

}  // namespace convexscan::cuda
