// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/fused_loss_pass.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cuda/shared_memory.hpp"

namespace convexscan::cuda {
namespace {

/// Of at most most_fused_layers layers.
template <class Real>
kernels::FusedNetwork<Real> network_of(std::span<const LayerPlan<Real>> layers) {
  kernels::FusedNetwork<Real> network;
  for (const LayerPlan<Real>& layer : layers) {
    // The first layer's inputs are no business of the kernel's.
    const std::int64_t inputs = network.depth == 0 ? 0 : layer.inputs;
    network.layers[network.depth++] = {static_cast<int>(inputs),
                                       static_cast<int>(layer.outputs),
                                       layer.weight,
                                       layer.bias,
                                       layer.activation,
                                       layer.slope};
  }
  return network;
}

}  // namespace

template <class Real>
std::string FusedLossPass<Real>::why_not(std::span<const LayerPlan<Real>> layers) {
  if (layers.size() > kernels::most_fused_layers) {
    return fmt::format("{} layers, a fused kernel takes {}", layers.size(),
                       kernels::most_fused_layers);
  }
  for (const LayerPlan<Real>& layer : layers) {
    if (layer.outputs > kernels::most_fused_width) {
      return fmt::format("a layer of {} units, a fused kernel takes {}", layer.outputs,
                         kernels::most_fused_width);
    }
    if (layer.skip_before != Layer::no_skip || layer.skip_after != Layer::no_skip) {
      return "a residual connection, which a fused kernel does not take";
    }
    if (layer.mask.drops()) return "dropout, which a fused kernel does not take";
  }
  if (kernels::fused_shared_bytes(network_of(layers)) > shared_bytes_of_a_block()) {
    return "the weights do not fit the shared memory of a fused kernel";
  }
  return "";
}

template <class Real>
std::optional<kernels::FusedNetwork<Real>> FusedLossPass<Real>::network_for(
    std::span<const LayerPlan<Real>> layers) {
  if (!why_not(layers).empty()) return std::nullopt;
  return network_of(layers);
}

template <class Real>
FusedLossPass<Real>::FusedLossPass(const PassInput<Real>& input,
                                   const kernels::FusedNetwork<Real>& network)
    : input_(input),
      network_(network),
      tiles_((input.data.samples + kernels::fused_tile<Real> - 1) / kernels::fused_tile<Real>) {}

template <class Real>
void FusedLossPass<Real>::run(kernels::Coordinates coordinates, std::int64_t points, double* loss,
                              double* accuracy) {
  const NetworkData<Real>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const std::int64_t round = std::min(points, std::max<std::int64_t>(1, most_partials / tiles_));
  partial_.reserve(2 * round * tiles_);
  double* const correct = accuracy == nullptr ? nullptr : partial_.data() + round * tiles_;
  for (std::int64_t first = 0; first < points; first += round) {
    const std::int64_t count = std::min(round, points - first);
    const kernels::Coordinates here{coordinates.data + first * coordinates.axes, coordinates.axes};
    kernels::FusedSlices<Real> slice{
        input_.slice.parameter(), 0, input_.slice.first(), data.stride, 0, count};
    slice.second = input_.slice.second();
    kernels::fused_loss(network_, slice, data.loss_targets(), here, count,
                        {partial_.data(), correct, tiles_}, queue);
    kernels::sum_partials(partial_.data(), tiles_, count, data.loss_divisor(), loss + first, queue);
    if (accuracy != nullptr) {
      kernels::sum_partials(correct, tiles_, count, data.accuracy_divisor(), accuracy + first,
                            queue);
    }
  }
}

template class FusedLossPass<double>;
template class FusedLossPass<float>;

}  // namespace convexscan::cuda
