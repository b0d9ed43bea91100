// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/scan.hpp"

/// What the tests of kink_mass share.
namespace convexscan {

inline std::vector<double> mass_of(const Objective& objective, const Slice& slice, const Axis& x,
                                   std::optional<Axis> y = std::nullopt) {
  EvaluationOptions options;
  options.grid = {x};
  if (y) options.grid.push_back(*y);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  return scan(*backend, slice, y ? grid(x, *y) : line(x), {Quantity::kink_mass}, {}, nullptr,
              options)
      .values.at(Quantity::kink_mass)
      .data;
}

inline double sum(const std::vector<double>& values) {
  double total = 0.0;
  for (const double v : values) total += v;
  return total;
}

/// Samples x = 1 with these targets through relu units one after the other, without biases, whose
/// first weight moves and whose others are 1.
inline Objective chain(int hidden, const std::vector<double>& targets) {
  std::vector<Layer> layers(static_cast<std::size_t>(hidden),
                            {1, 1, false, Activation::relu, 0.0, Layer::no_skip, Layer::no_skip});
  layers.push_back({1, 1, false, Activation::identity, 0.0, Layer::no_skip, Layer::no_skip});
  Dataset data;
  data.samples = static_cast<std::int64_t>(targets.size());
  data.features = 1;
  data.inputs.assign(targets.size(), 1.0);
  data.targets = targets;
  data.target_width = 1;
  Objective objective{network_task(Model(layers), data, Loss::mse, std::nullopt), {}, {}, "all"};
  objective.subset = parameter_subset(objective, "all");
  return objective;
}

inline Slice first_weight(const Objective& objective, double direction = 1.0) {
  std::vector<double> origin(static_cast<std::size_t>(objective.parameter_count()), 1.0);
  std::vector<double> along(origin.size(), 0.0);
  origin[0] = 0.0;
  along[0] = direction;
  return {origin, {along}};
}

}  // namespace convexscan
