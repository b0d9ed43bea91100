// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/samples.hpp"

#include <algorithm>
#include <cmath>

#include "convexscan/model.hpp"
#include "random_stream.hpp"

namespace convexscan {

Dataset samples(std::int64_t features, std::vector<double> inputs, std::vector<double> targets) {
  Dataset data;
  data.samples = static_cast<std::int64_t>(targets.size());
  data.features = features;
  data.target_width = 1;
  data.inputs = std::move(inputs);
  const auto is_label = [](double y) { return y >= 0.0 && y == std::floor(y); };
  if (std::ranges::all_of(targets, is_label)) {
    for (const double y : targets) data.labels.push_back(static_cast<std::int64_t>(y));
  }
  data.targets = std::move(targets);
  return data;
}

Dataset noise(std::int64_t count, std::int64_t features, std::uint64_t seed) {
  return samples(features, normal_numbers(count * features, 1.0, seed),
                 normal_numbers(count, 1.0, stream_seed(seed, RandomUse::targets)));
}

Dataset classes(std::int64_t features, std::vector<double> inputs, std::int64_t classes,
                std::uint64_t seed) {
  const auto width = static_cast<std::size_t>(features);
  const std::vector<double> weights = normal_numbers(classes * features, 1.0, seed);
  const std::size_t count = inputs.size() / width;
  std::vector<double> scores = normal_numbers(static_cast<std::int64_t>(count) * classes, 0.5,
                                              stream_seed(seed, RandomUse::targets));
  std::vector<double> labels;
  for (std::size_t s = 0; s < count; ++s) {
    const auto mine = scores.begin() + static_cast<std::ptrdiff_t>(s) * classes;
    for (std::int64_t c = 0; c < classes; ++c) {
      for (std::size_t i = 0; i < width; ++i) {
        mine[c] += weights[static_cast<std::size_t>(c) * width + i] * inputs[s * width + i];
      }
    }
    labels.push_back(static_cast<double>(std::max_element(mine, mine + classes) - mine));
  }
  return samples(features, std::move(inputs), std::move(labels));
}

Dataset quadrants(std::int64_t count, std::uint64_t seed) {
  std::vector<double> inputs = normal_numbers(2 * count, 1.0, seed);
  std::vector<double> labels;
  for (std::size_t s = 0; s < inputs.size(); s += 2) {
    const double score = inputs[s] * inputs[s + 1] + 0.5 * inputs[s] + 0.25 * inputs[s + 1] - 0.25;
    labels.push_back(score > 0.0 ? 1.0 : 0.0);
  }
  return samples(2, std::move(inputs), std::move(labels));
}

Dataset checkerboard(std::int64_t count, std::uint64_t seed) {
  std::vector<double> inputs = normal_numbers(2 * count, 1.0, seed);
  std::vector<double> labels;
  for (std::size_t s = 0; s < inputs.size(); s += 2) {
    labels.push_back(std::sin(2.0 * inputs[s]) * std::sin(2.0 * inputs[s + 1]) > 0.0 ? 1.0 : 0.0);
  }
  return samples(2, std::move(inputs), std::move(labels));
}

Dataset taught(std::int64_t count, std::int64_t features, std::int64_t hidden,
               const std::vector<double>& theta, std::uint64_t seed) {
  std::vector<double> inputs = normal_numbers(count * features, 1.0, seed);
  const auto width = static_cast<std::size_t>(hidden);
  const auto in = static_cast<std::size_t>(features);
  const double* const b = theta.data() + width * in;
  const double* const v = b + width;
  std::vector<double> targets;
  for (std::size_t s = 0; s < static_cast<std::size_t>(count); ++s) {
    double output = v[width];
    for (std::size_t j = 0; j < width; ++j) {
      double z = b[j];
      for (std::size_t i = 0; i < in; ++i) z += theta[j * in + i] * inputs[s * in + i];
      output += v[j] * std::tanh(z);
    }
    targets.push_back(output);
  }
  return samples(features, std::move(inputs), std::move(targets));
}

}  // namespace convexscan
