// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "layer_outputs.hpp"

#include <cblas.h>

#include <algorithm>

#include "shared/activations.hpp"
#include "shared/dropout.hpp"

namespace convexscan {

LayerOutputs::LayerOutputs(const NetworkTask& task, std::span<const double> theta)
    : task_(task), theta_(theta) {
  read(0, static_cast<std::size_t>(task.samples));
}

LayerOutputs::LayerOutputs(const NetworkTask& task, std::span<const double> theta,
                           std::int64_t sample)
    : task_(task), theta_(theta) {
  read(static_cast<std::size_t>(sample), 1);
}

void LayerOutputs::read(std::size_t first, std::size_t samples) {
  first_ = first;
  samples_ = samples;
  const auto features = static_cast<std::size_t>(task_.model.inputs());
  Matrix input(features * samples_);
  for (std::size_t s = 0; s < samples_; ++s) {
    for (std::size_t i = 0; i < features; ++i) {
      input[i * samples_ + s] = task_.inputs[(first_ + s) * features + i];
    }
  }
  nodes_.push_back(std::move(input));
}

LayerOutputs::Matrix LayerOutputs::pre_activation() const {
  const auto l = static_cast<int>(nodes_.size()) - 1;
  const Layer& layer = task_.model.layers()[static_cast<std::size_t>(l)];
  const auto outputs = static_cast<std::size_t>(layer.outputs);
  Matrix z(outputs * samples_, 0.0);
  for (std::size_t o = 0; layer.bias && o < outputs; ++o) {
    std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(o * samples_), samples_,
                theta_[static_cast<std::size_t>(task_.model.bias_offset(l)) + o]);
  }
  const auto columns = static_cast<blasint>(samples_);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(outputs), columns,
              static_cast<blasint>(layer.inputs), 1.0, theta_.data() + task_.model.weight_offset(l),
              static_cast<blasint>(layer.inputs), nodes_.back().data(), columns, 1.0, z.data(),
              columns);
  add(layer.skip_before, z);
  return z;
}

LayerOutputs::Matrix LayerOutputs::next() {
  const Layer& layer = task_.model.layers()[nodes_.size() - 1];
  Matrix z = pre_activation();
  shared::with_activation(layer.activation, [&]<Activation kind>() {
    for (double& value : z) value = shared::activation<kind>(value, layer.slope).value;
  });
  nodes_.push_back(z);
  const auto mask = shared::mask_of<double>(task_.model, static_cast<int>(nodes_.size()) - 2);
  for (std::size_t i = 0; mask.drops() && i < z.size(); ++i) {
    nodes_.back()[i] *= mask.row(static_cast<std::int64_t>(i / samples_))
                            .at(static_cast<std::int64_t>(first_ + i % samples_));
  }
  add(layer.skip_after, nodes_.back());
  return z;
}

void LayerOutputs::add(int node, Matrix& to) const {
  if (node == Layer::no_skip) return;
  const Matrix& from = nodes_[static_cast<std::size_t>(node)];
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace convexscan
