// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/moved_tail.hpp"

#include <algorithm>

#include "cpu/blas.hpp"
#include "cpu/layer_loops.hpp"

namespace convexscan::cpu {
namespace {

/// The activations of a node, (width, data.stride).
Aligned<double> activations(const NetworkData<double>& data, const std::vector<double>& theta,
                            int node) {
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
  return std::move(nodes.back());
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

/// The parameters of a network with some of the first layer's units alone, and no bias behind.
std::vector<double> parameters_of(const Model& model, const std::vector<std::int64_t>& units,
                                  const std::vector<double>& theta) {
  std::vector<double> kept;
  const auto take = [&](std::int64_t begin, std::int64_t count) {
    kept.insert(kept.end(), theta.begin() + begin, theta.begin() + begin + count);
  };
  const Layer& first = model.layers()[0];
  const Layer& next = model.layers()[1];
  for (const std::int64_t u : units) take(u * first.inputs, first.inputs);
  for (const std::int64_t u : units) {
    if (first.bias) take(model.bias_offset(0) + u, 1);
  }
  for (std::int64_t o = 0; o < next.outputs; ++o) {
    for (const std::int64_t u : units) take(model.weight_offset(1) + o * next.inputs + u, 1);
  }
  take(model.weight_offset(2), model.parameter_count() - model.weight_offset(2));
  return kept;
}

}  // namespace

std::vector<std::int64_t> few_moved_units(const Model& model, const Slice& slice) {
  const Layer& first = model.layers()[0];
  constexpr int none = Layer::no_skip;
  if (slice.axes() == 0 || model.depth() < 2 || first.dropout > 0.0 || first.skip_before != none ||
      first.skip_after != none || std::ranges::any_of(model.layers(), [](const Layer& layer) {
        return layer.skip_before == 1 || layer.skip_after == 1;
      })) {
    return {};
  }
  std::vector<std::int64_t> units;
  for (std::int64_t u = 0; u < first.outputs; ++u) {
    const auto moves = [&](const std::vector<double>& direction) {
      const auto row = direction.begin() + u * first.inputs;
      return std::any_of(row, row + first.inputs, [](double value) { return value != 0.0; }) ||
             (first.bias && direction[static_cast<std::size_t>(model.bias_offset(0) + u)] != 0.0);
    };
    if (std::ranges::any_of(slice.directions, moves)) units.push_back(u);
  }
  if (4 * static_cast<std::int64_t>(units.size()) > first.outputs) units.clear();
  return units;
}

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
  const NetworkData<double> whole(whole_.task);
  const Aligned<double> values = activations(whole, slice.origin, cut_);
  const std::int64_t width = model.width(cut_);
  task_.inputs.resize(static_cast<std::size_t>(task_.samples * width));
  for (std::int64_t s = 0; s < task_.samples; ++s) {
    for (std::int64_t i = 0; i < width; ++i) {
      task_.inputs[static_cast<std::size_t>(s * width + i)] =
          values[static_cast<std::size_t>(i * whole.stride + s)];
    }
  }
  task_.model = tail_of(model, cut_);
  data_.emplace(task_);
  // A mask belongs to the layer's place in the whole network.
  for (std::size_t l = 0; l < data_->layers.size(); ++l) {
    data_->layers[l].mask = whole_.layers[l + static_cast<std::size_t>(cut_)].mask;
  }
}

/// z₁ = W[:, few]·a_few + (W[:, others]·a_others + b), the bracket affine in the coordinates.
template <class Real>
void MovedTail<Real>::keep_units(const Slice& slice, const std::vector<std::int64_t>& units) {
  const NetworkData<Real>& all = cut_ > 0 ? *data_ : whole_;
  const Model& model = all.task.model;
  const NetworkData<double> data(all.task);
  const std::int64_t n = data.stride;
  Aligned<double> others = activations(data, slice.origin, 1);
  for (const std::int64_t u : units) std::fill_n(others.begin() + u * n, n, 0.0);

  std::vector<Layer> layers(model.layers().begin(), model.layers().end());
  layers[0].outputs = layers[1].inputs = static_cast<std::int64_t>(units.size());
  layers[1].bias = false;
  few_task_ = all.task;
  few_task_.model = Model(std::move(layers));
  few_.emplace(few_task_);
  for (std::size_t l = 0; l < few_->layers.size(); ++l) few_->layers[l].mask = all.layers[l].mask;
  Slice few{parameters_of(model, units, slice.origin), {}};
  for (const std::vector<double>& direction : slice.directions) {
    few.directions.push_back(parameters_of(model, units, direction));
  }
  slice_.emplace(*few_, few);

  const LayerPlan<double>& next = data.layers[1];
  for (int j = 0; j <= slice.axes(); ++j) {
    const std::vector<double>& theta =
        j == 0 ? slice.origin : slice.directions[static_cast<std::size_t>(j - 1)];
    Aligned<double> z(static_cast<std::size_t>(next.outputs * n));
    fill_rows(z.data(), n, next.outputs, n, next.bias < 0 ? nullptr : theta.data() + next.bias);
    add_matrix_product(next.outputs, n, next.inputs, theta.data() + next.weight, next.inputs,
                       others.data(), n, z.data(), n);
    slice_->second[static_cast<std::size_t>(j)].assign(z.begin(), z.end());
  }
}

template <class Real>
const NetworkSlice<Real>& MovedTail<Real>::set(const Slice& slice) {
  const Model& model = whole_.task.model;
  const int cut = unmoved_layers(model, slice);
  const auto behind = [&](const std::vector<double>& values) {
    return std::vector<double>(values.begin() + model.weight_offset(cut), values.end());
  };
  const std::vector<double> before(slice.origin.begin(),
                                   slice.origin.begin() + model.weight_offset(cut));
  if (cut != cut_ || before != before_) {
    cut_ = cut;
    before_ = before;
    if (cut > 0) compute_inputs(slice);
  }
  Slice moved{behind(slice.origin), {}};
  for (const std::vector<double>& direction : slice.directions) {
    moved.directions.push_back(behind(direction));
  }
  const NetworkData<Real>& data = cut_ > 0 ? *data_ : whole_;
  const std::vector<std::int64_t> units = few_moved_units(data.task.model, moved);
  settled_units_ =
      units.empty() ? 0 : data.layers.front().outputs - static_cast<std::int64_t>(units.size());
  if (units.empty()) return slice_.emplace(data, moved);
  keep_units(moved, units);
  return *slice_;
}

template class MovedTail<double>;
template class MovedTail<float>;

}  // namespace convexscan::cpu
