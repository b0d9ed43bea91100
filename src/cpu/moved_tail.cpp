// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/moved_tail.hpp"

#include <algorithm>

#include "cpu/blas.hpp"
#include "cpu/layer_loops.hpp"

namespace convexscan::cpu {
namespace {

/// The activations of a node, (samples, width), row-major.
std::vector<double> activations(const NetworkTask& task, const std::vector<double>& theta,
                                int node) {
  const NetworkData<double> data(task);
  const std::int64_t n = data.stride;
  std::vector<Aligned<double>> nodes{data.inputs};
  for (int l = 0; l < node; ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    Aligned<double>& z = nodes.emplace_back(static_cast<std::size_t>(layer.outputs * n));
    fill_rows(z.data(), n, layer.outputs, n, layer.bias < 0 ? nullptr : theta.data() + layer.bias);
    add_matrix_product(layer.outputs, n, layer.inputs, theta.data() + layer.weight, layer.inputs,
                       nodes[static_cast<std::size_t>(l)].data(), n, z.data(), n);
    const auto skip = [&](int from) {
      if (from == Layer::no_skip) return;
      add_rows<double>({nodes[static_cast<std::size_t>(from)].data(), n}, layer.outputs, n,
                       z.data(), n);
    };
    skip(layer.skip_before);
    activate(layer.activation, layer.slope, layer.outputs * n, z.data());
    drop_out(layer.mask, layer.outputs, 0, n, n, z.data());
    skip(layer.skip_after);
  }
  const Aligned<double>& last = nodes.back();
  const std::int64_t width = task.model.width(node);
  std::vector<double> values(static_cast<std::size_t>(task.samples * width));
  for (std::int64_t s = 0; s < task.samples; ++s) {
    for (std::int64_t i = 0; i < width; ++i) {
      values[static_cast<std::size_t>(s * width + i)] = last[static_cast<std::size_t>(i * n + s)];
    }
  }
  return values;
}

/// The layers from cut on; skips count nodes from there.
Model tail_of(const Model& model, int cut) {
  std::vector<Layer> layers(model.layers().begin() + cut, model.layers().end());
  for (Layer& layer : layers) {
    if (layer.skip_before != Layer::no_skip) layer.skip_before -= cut;
    if (layer.skip_after != Layer::no_skip) layer.skip_after -= cut;
  }
  return Model(std::move(layers));
}

}  // namespace

int unmoved_layers(const Model& model, const Slice& slice) {
  if (slice.axes() == 0) return 0;
  const auto stays = [&](int l) {
    return std::ranges::all_of(slice.directions, [&](const std::vector<double>& direction) {
      return std::all_of(direction.begin() + model.weight_offset(l),
                         direction.begin() + model.weight_offset(l + 1),
                         [](double value) { return value == 0.0; });
    });
  };
  int cut = 0;
  while (cut + 1 < model.depth() && stays(cut)) ++cut;
  const auto leads_over = [&](int node) {
    return std::any_of(
        model.layers().begin() + node, model.layers().end(), [&](const Layer& layer) {
          const auto from_before = [&](int from) { return from >= 0 && from < node; };
          return from_before(layer.skip_before) || from_before(layer.skip_after);
        });
  };
  while (cut > 0 && leads_over(cut)) --cut;
  return cut;
}

template <class Real>
void MovedTail<Real>::compute_inputs(const Slice& slice) {
  const Model& model = whole_.task.model;
  task_ = whole_.task;
  task_.inputs = activations(whole_.task, slice.origin, cut_);
  task_.model = tail_of(model, cut_);
  data_.emplace(task_);
  // A mask belongs to the layer's place in the whole network.
  for (std::size_t l = 0; l < data_->layers.size(); ++l) {
    data_->layers[l].mask = whole_.layers[l + static_cast<std::size_t>(cut_)].mask;
  }
}

template <class Real>
const NetworkSlice<Real>& MovedTail<Real>::set(const Slice& slice) {
  const Model& model = whole_.task.model;
  const int cut = unmoved_layers(model, slice);
  if (cut == 0) {
    cut_ = 0;
    return slice_.emplace(whole_, slice);
  }
  const auto behind = [&](const std::vector<double>& values) {
    return std::vector<double>(values.begin() + model.weight_offset(cut), values.end());
  };
  const std::vector<double> before(slice.origin.begin(),
                                   slice.origin.begin() + model.weight_offset(cut));
  if (cut != cut_ || before != before_) {
    cut_ = cut;
    before_ = before;
    compute_inputs(slice);
  }
  Slice moved{behind(slice.origin), {}};
  for (const std::vector<double>& direction : slice.directions) {
    moved.directions.push_back(behind(direction));
  }
  return slice_.emplace(*data_, moved);
}

template class MovedTail<double>;
template class MovedTail<float>;

}  // namespace convexscan::cpu
