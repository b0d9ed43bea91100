// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

/// Random problems with fixed seeds for tests.
namespace convexscan {

/// Normal numbers.
inline std::vector<double> gaussian_numbers(std::int64_t count, unsigned seed, double scale = 1.0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(scale * normal(random));
  return numbers;
}

/// samples × features normal inputs with targets that suit the loss.
inline Dataset random_dataset(std::int64_t samples, std::int64_t features, std::int64_t outputs,
                              Loss loss, unsigned seed) {
  Dataset data;
  data.samples = samples;
  data.features = features;
  data.source = "random data";
  data.inputs = gaussian_numbers(samples * features, seed);
  std::mt19937 random(seed + 1);
  if (loss == Loss::cross_entropy) {
    std::uniform_int_distribution<std::int64_t> label(0, outputs - 1);
    for (std::int64_t s = 0; s < samples; ++s) data.labels.push_back(label(random));
    data.targets.assign(data.labels.begin(), data.labels.end());
    data.target_width = 1;
    return data;
  }
  data.target_width = outputs;
  std::bernoulli_distribution coin;
  std::normal_distribution<double> normal;
  for (std::int64_t i = 0; i < samples * outputs; ++i) {
    data.targets.push_back(loss == Loss::binary_cross_entropy ? (coin(random) ? 1.0 : 0.0)
                                                              : 2.0 * normal(random));
  }
  return data;
}

inline Objective random_objective(Model model, std::int64_t samples, Loss loss, unsigned seed,
                                  std::optional<std::int64_t> output = std::nullopt) {
  const Dataset data = random_dataset(samples, model.inputs(), model.outputs(), loss, seed);
  Objective objective{network_task(std::move(model), data, loss, output), {}, {}, "all"};
  objective.subset = parameter_subset(objective, "all");
  return objective;
}

/// A slice through normal points; the scale keeps pre-activations of small networks near 1.
inline Slice random_slice(std::int64_t parameters, int axes, unsigned seed) {
  Slice slice{gaussian_numbers(parameters, seed, 0.5), {}};
  for (int j = 0; j < axes; ++j) {
    slice.directions.push_back(
        gaussian_numbers(parameters, seed + 10 + static_cast<unsigned>(j), 0.3));
  }
  return slice;
}

}  // namespace convexscan
