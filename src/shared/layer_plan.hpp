// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "convexscan/model.hpp"
#include "shared/dropout.hpp"

namespace convexscan::shared {

/// A layer with what the loops over samples need, on either backend.
template <class Real>
struct LayerPlan {
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t weight;  ///< offset of W in the parameter vector
  std::int64_t bias;    ///< offset of b, or −1
  Activation activation;
  Real slope;
  int skip_before;
  int skip_after;
  DropoutMask<Real> mask;  ///< of σ(z)
};

template <class Real>
std::vector<LayerPlan<Real>> layer_plans(const Model& model) {
  std::vector<LayerPlan<Real>> plans;
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    plans.push_back({layer.inputs, layer.outputs, model.weight_offset(l),
                     layer.bias ? model.bias_offset(l) : -1, layer.activation,
                     static_cast<Real>(layer.slope), layer.skip_before, layer.skip_after,
                     mask_of<Real>(model, l)});
  }
  return plans;
}

}  // namespace convexscan::shared
