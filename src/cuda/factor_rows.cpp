// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/factor_rows.hpp"

#include <algorithm>

namespace convexscan::cuda {
namespace {

/// CUDA's erfc, sin and cos may be wrong by more than the C library's: 5, 2 and 2 units in the last
/// place (CUDA C++ Programming Guide, mathematical functions).
shared::ActivationErrors errors_of(const LayerPlan<double>& layer) {
  shared::ActivationErrors errors = shared::activation_errors(layer.activation, layer.slope);
  if (layer.activation == Activation::gelu) {
    errors.value_relative += 10.0;
    errors.first_rounding += 10.0;
  } else if (layer.activation == Activation::sin) {
    errors.value_relative += 4.0;
    errors.first_rounding += 4.0;
    errors.second_rounding += 4.0;
  }
  return errors;
}

}  // namespace

FactorRows::FactorRows(const NetworkData<double>& data) {
  const auto depth = static_cast<int>(data.layers.size());
  for (int node = 0; node <= depth; ++node) {
    nodes.push_back(count);
    count += data.task.model.width(node) + 1;
  }
  std::int64_t most = 0;
  for (const LayerPlan<double>& plan : data.layers) {
    most = std::max(most, std::min(most_tangents, plan.outputs));
  }
  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& plan = data.layers[static_cast<std::size_t>(l)];
    layers.push_back({plan.inputs, plan.outputs, plan.weight, plan.bias, plan.activation,
                      plan.slope, plan.skip_before, plan.skip_after, errors_of(plan),
                      nodes[static_cast<std::size_t>(l + 1)], nodes[static_cast<std::size_t>(l)],
                      tangents, plan.mask});
    tangents += plan.outputs * most;
  }
}

}  // namespace convexscan::cuda
