// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <numeric>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

/// Objectives with normal data and weights, the same on every machine.
namespace convexscan::testing_objectives {

using Random = boost::random::mt19937_64;

inline std::vector<double> normal(Random& random, std::int64_t count, double deviation = 1.0) {
  boost::random::normal_distribution<double> draw(0.0, deviation);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = draw(random);
  return values;
}

inline std::vector<std::int64_t> all_parameters(std::int64_t count) {
  std::vector<std::int64_t> subset(static_cast<std::size_t>(count));
  std::iota(subset.begin(), subset.end(), 0);
  return subset;
}

inline Objective network(Random& random, Model model, Loss loss, std::int64_t samples) {
  NetworkTask task;
  task.loss = loss;
  task.samples = samples;
  task.inputs = normal(random, samples * model.inputs());
  if (loss == Loss::cross_entropy) {
    boost::random::uniform_int_distribution<std::int32_t> draw(
        0, static_cast<std::int32_t>(model.outputs()) - 1);
    for (std::int64_t s = 0; s < samples; ++s) task.labels.push_back(draw(random));
  } else if (loss != Loss::output) {
    task.targets = normal(random, samples * model.outputs());
    if (loss == Loss::binary_cross_entropy) {
      for (double& y : task.targets) y = y > 0.0 ? 1.0 : 0.0;
    }
  } else {
    task.output = model.outputs() - 1;
  }
  const std::int64_t count = model.parameter_count();
  task.model = std::move(model);
  return Objective{std::move(task), {}, all_parameters(count), "all"};
}

/// A plane through normal weights along normal directions.
inline Slice plane(Random& random, std::int64_t parameters, double deviation = 0.7) {
  return {normal(random, parameters, deviation),
          {normal(random, parameters, 0.3), normal(random, parameters, 0.3)}};
}

}  // namespace convexscan::testing_objectives
