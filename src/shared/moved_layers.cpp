// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/moved_layers.hpp"

#include <algorithm>
#include <utility>

#include "shared/skips.hpp"

namespace convexscan::shared {
namespace {

bool is_not_zero(double value) { return value != 0.0; }

/// Applies of() to the origin and to every direction.
template <class Of>
Slice parts_of(const Slice& slice, Of&& of) {
  Slice parts{of(slice.origin), {}};
  for (const std::vector<double>& direction : slice.directions) {
    parts.directions.push_back(of(direction));
  }
  return parts;
}

}  // namespace

int unmoved_layers(const Model& model, const Slice& slice) {
  if (slice.axes() == 0) return 0;
  const auto stays = [&](int l) {
    return std::ranges::all_of(slice.directions, [&](const std::vector<double>& direction) {
      return std::none_of(direction.begin() + model.weight_offset(l),
                          direction.begin() + model.weight_offset(l + 1), is_not_zero);
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

std::optional<Lines> lines_of(const Model& model, const Slice& slice) {
  if (slice.axes() != 2) return std::nullopt;
  const int x = unmoved_layers(model, {slice.origin, {slice.directions[0]}});
  const int y = unmoved_layers(model, {slice.origin, {slice.directions[1]}});
  if (x == y) return std::nullopt;
  return Lines{x > y ? 0U : 1U, std::max(x, y)};
}

std::vector<std::int64_t> few_moved_units(const Model& model, const Slice& slice) {
  const Layer& first = model.layers()[0];
  constexpr int none = Layer::no_skip;
  if (slice.axes() == 0 || model.depth() < 2 || first.dropout > 0.0 || first.skip_before != none ||
      first.skip_after != none || is_skipped(model.layers(), 1)) {
    return {};
  }
  std::vector<std::int64_t> units;
  for (std::int64_t u = 0; u < first.outputs; ++u) {
    const auto moves = [&](const std::vector<double>& direction) {
      const auto row = direction.begin() + u * first.inputs;
      return std::any_of(row, row + first.inputs, is_not_zero) ||
             (first.bias &&
              is_not_zero(direction[static_cast<std::size_t>(model.bias_offset(0) + u)]));
    };
    if (std::ranges::any_of(slice.directions, moves)) units.push_back(u);
  }
  if (4 * static_cast<std::int64_t>(units.size()) > first.outputs) units.clear();
  return units;
}

Model tail_of(const Model& model, int cut) {
  std::vector<Layer> layers(model.layers().begin() + cut, model.layers().end());
  for (Layer& layer : layers) {
    if (layer.skip_before != Layer::no_skip) layer.skip_before -= cut;
    if (layer.skip_after != Layer::no_skip) layer.skip_after -= cut;
  }
  return Model(std::move(layers));
}

NetworkTask tail_of(const NetworkTask& task, int cut, std::vector<double> inputs) {
  NetworkTask tail;
  tail.model = tail_of(task.model, cut);
  tail.loss = task.loss;
  tail.output = task.output;
  tail.samples = task.samples;
  tail.inputs = std::move(inputs);
  tail.targets = task.targets;
  tail.labels = task.labels;
  tail.accuracy = task.accuracy;
  return tail;
}

Slice tail_of(const Model& model, int cut, const Slice& slice) {
  return parts_of(slice, [&](const std::vector<double>& values) {
    return std::vector<double>(values.begin() + model.weight_offset(cut), values.end());
  });
}

Model with_first_units(const Model& model, std::int64_t units) {
  std::vector<Layer> layers(model.layers().begin(), model.layers().end());
  layers[0].outputs = layers[1].inputs = units;
  layers[1].bias = false;
  return Model(std::move(layers));
}

Slice with_first_units(const Model& model, const std::vector<std::int64_t>& units,
                       const Slice& slice) {
  const Layer& first = model.layers()[0];
  const Layer& next = model.layers()[1];
  return parts_of(slice, [&](const std::vector<double>& theta) {
    std::vector<double> kept;
    const auto take = [&](std::int64_t begin, std::int64_t count) {
      kept.insert(kept.end(), theta.begin() + begin, theta.begin() + begin + count);
    };
    for (const std::int64_t u : units) take(u * first.inputs, first.inputs);
    for (const std::int64_t u : units) {
      if (first.bias) take(model.bias_offset(0) + u, 1);
    }
    for (std::int64_t o = 0; o < next.outputs; ++o) {
      for (const std::int64_t u : units) take(model.weight_offset(1) + o * next.inputs + u, 1);
    }
    take(model.weight_offset(2), model.parameter_count() - model.weight_offset(2));
    return kept;
  });
}

}  // namespace convexscan::shared
