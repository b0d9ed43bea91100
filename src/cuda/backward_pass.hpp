// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cuda/network_passes.hpp"
#include "kernels/backward.hpp"

namespace convexscan::cuda {

/// Reverse accumulation over one chunk: with ∂ℓ/∂(outputs) in the last node's adjoints,
///   g_l = σ'(z_l) ⊙ adjoint_l,  adjoint_{l−1} += W_lᵀ g_l,
/// the adjoints becoming g from the last layer to the first; each_layer(l) is called when g_l is
/// there. bends, if given, hold σ'' and become σ'' ⊙ adjoint.
template <class Real, class EachLayer>
void backward(const PassInput<Real>& input, const GroupWeights<Real>& weights, std::int64_t points,
              std::int64_t group, std::int64_t columns, NetworkNodes<Real>& derivatives,
              NetworkNodes<Real>* bends, NetworkNodes<Real>& adjoints, EachLayer&& each_layer) {
  const NetworkData<Real>& data = input.data;
  const cudaStream_t queue = input.context.queue();
  const auto skipped = [&](int node) {
    return node > 0 ? adjoints.at(node, columns) : kernels::Batch<Real>{};
  };
  const int depth = static_cast<int>(data.layers.size());
  for (int node = 1; node < depth; ++node) {
    adjoints.buffer(node).clear(adjoints.buffer(node).size(), queue);
  }
  for (int l = depth - 1; l >= 0; --l) {
    const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(l)];
    const kernels::Batch<Real> g = adjoints.at(l + 1, columns);
    const kernels::Batch<Real> bend =
        bends == nullptr ? kernels::Batch<Real>{} : bends->at(l + 1, columns);
    kernels::backward_layer(g, read_only(derivatives.at(l + 1, columns)), bend,
                            skipped(layer.skip_after), skipped(layer.skip_before), layer.outputs,
                            columns, points, queue);
    if (l > 0) {
      // Onto what skips have left there already.
      multiply_transposed<Real>(input.context.blas, layer, weights.at(layer.weight),
                                weights.stride(), {read_only(g), 0, columns},
                                {adjoints.at(l, columns), 0, columns}, group);
    }
    each_layer(l);
  }
}

/// The values of a layer's input for columns samples from start on.
template <class Real>
kernels::Batch<const Real> layer_input(const NetworkData<Real>& data, NetworkNodes<Real>& nodes,
                                       int layer, std::int64_t start, std::int64_t columns) {
  return layer == 0 ? kernels::Batch<const Real>{data.inputs.data() + start, 0, data.stride}
                    : read_only(nodes.at(layer, columns));
}

}  // namespace convexscan::cuda
