// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "random_networks.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>

namespace convexscan {
namespace {

Objective over_all_parameters(std::variant<NetworkTask, Landscape> task) {
  Objective objective;
  objective.task = std::move(task);
  objective.subset = parameter_subset(objective, "all");
  return objective;
}

}  // namespace

std::vector<double> random_numbers(std::int64_t count, std::uint64_t seed) {
  boost::random::mt19937_64 random(seed);
  boost::random::normal_distribution<double> normal;
  std::vector<double> numbers(static_cast<std::size_t>(count));
  std::ranges::generate(numbers, [&] { return normal(random); });
  return numbers;
}

Objective random_objective(const RandomNetwork& network) {
  Model model = network.layers.empty()
                    ? mlp(network.widths, network.activation, default_slope(network.activation),
                          network.bias, network.residual)
                    : Model(network.layers);
  if (network.dropout > 0.0) model = with_dropout(model, network.dropout, 5);
  Dataset data;
  data.samples = network.samples;
  data.features = model.inputs();
  data.source = "random data";
  data.inputs = random_numbers(data.samples * data.features, 1);
  const std::int64_t outputs = model.outputs();
  const std::vector<double> targets = random_numbers(data.samples * outputs, 2);
  if (network.loss == Loss::cross_entropy) {
    for (std::int64_t s = 0; s < data.samples; ++s) {
      data.labels.push_back(
          static_cast<std::int64_t>(1e3 * std::fabs(targets[static_cast<std::size_t>(s)])) %
          outputs);
    }
  } else {
    data.target_width = outputs;
    data.targets = targets;
    if (network.loss == Loss::binary_cross_entropy) {
      for (double& y : data.targets) y = y > 0.0 ? 1.0 : 0.0;
    }
  }
  const bool one_output = network.loss == Loss::output;
  return over_all_parameters(network_task(std::move(model), data,
                                          one_output ? Loss::mse : network.loss,
                                          one_output ? std::optional(outputs - 1) : std::nullopt));
}

Objective landscape_objective(const Landscape& landscape) { return over_all_parameters(landscape); }

Slice random_slice(const Objective& objective, int axes) {
  const std::int64_t parameters = objective.parameter_count();
  const double scale = 1.0 / std::sqrt(3.0);
  const auto direction = [&](std::uint64_t seed) {
    std::vector<double> numbers = random_numbers(parameters, seed);
    for (double& value : numbers) value *= scale;
    return numbers;
  };
  Slice slice{direction(3), {}};
  for (int j = 0; j < axes; ++j)
    slice.directions.push_back(direction(4 + static_cast<std::uint64_t>(j)));
  return slice;
}

Points random_points(int axes, std::int64_t count) {
  Points points{axes, random_numbers(axes * count, 7)};
  for (double& value : points.coordinates) value = std::clamp(value, -1.0, 1.0);
  return points;
}

}  // namespace convexscan
