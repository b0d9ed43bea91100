// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/slope_drop.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <numeric>

#include "layer_outputs.hpp"

namespace convexscan {
namespace {

/// Distances from the kink at which slopes are taken, relative to the size of the weights.
constexpr double far = 1e-6;
constexpr double near = far / 8;

bool has_kink(const Layer& layer) {
  return layer.activation == Activation::relu || layer.activation == Activation::leaky_relu ||
         (layer.activation == Activation::elu && layer.slope != 1.0);
}

/// Moves the weights of one neuron so that z = w·a + b vanishes for one sample: along (a, 1), which
/// is the shortest way. Nothing when a parameter that it moves is not free.
std::optional<SlopeDrop> onto_kink(const NetworkTask& task, const std::vector<bool>& free,
                                   std::vector<double> theta, std::size_t l, std::int64_t neuron,
                                   std::int64_t sample) {
  LayerOutputs outputs(task, theta);
  for (std::size_t k = 0; k < l; ++k) outputs.next();
  const Layer& layer = task.model.layers()[l];
  const auto s = static_cast<std::size_t>(sample);
  const auto samples = static_cast<std::size_t>(task.samples);
  const double z = outputs.pre_activation()[static_cast<std::size_t>(neuron) * samples + s];
  SlopeDrop drop;
  drop.direction.assign(theta.size(), 0.0);
  const auto row = static_cast<std::size_t>(task.model.weight_offset(static_cast<int>(l)) +
                                            neuron * layer.inputs);
  for (std::size_t j = 0; j < static_cast<std::size_t>(layer.inputs); ++j) {
    if (free[row + j]) drop.direction[row + j] = outputs.node()[j * samples + s];
  }
  if (layer.bias) {
    const auto bias =
        static_cast<std::size_t>(task.model.bias_offset(static_cast<int>(l)) + neuron);
    if (free[bias]) drop.direction[bias] = 1.0;
  }
  const double squares =
      std::inner_product(drop.direction.begin(), drop.direction.end(), drop.direction.begin(), 0.0);
  if (!(squares > 0.0) || !std::isfinite(z)) return std::nullopt;
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= z / squares * drop.direction[i];
  for (double& v : drop.direction) v /= std::sqrt(squares);
  drop.theta = std::move(theta);
  drop.layer = static_cast<std::int64_t>(l) + 1;
  drop.neuron = neuron;
  drop.sample = sample;
  return drop;
}

/// Slopes along the direction at distances −far, −near, near and far from the kink.
std::vector<double> slopes(Backend& backend, const SlopeDrop& drop) {
  double size = 1.0;
  for (const double t : drop.theta) size = std::max(size, std::fabs(t));
  std::vector<double> thetas;
  for (const double step : {-far, -near, near, far}) {
    for (std::size_t i = 0; i < drop.theta.size(); ++i) {
      thetas.push_back(drop.theta[i] + step * size * drop.direction[i]);
    }
  }
  std::vector<double> losses(4);
  std::vector<double> gradients(thetas.size());
  backend.gradients(thetas, losses, gradients);
  std::vector<double> found;
  for (std::size_t k = 0; k < 4; ++k) {
    found.push_back(std::inner_product(drop.direction.begin(), drop.direction.end(),
                                       gradients.data() + k * drop.theta.size(), 0.0));
  }
  return found;
}

}  // namespace

bool has_kinks(const NetworkTask& task) {
  return std::ranges::any_of(task.model.layers(), has_kink);
}

std::optional<SlopeDrop> find_slope_drop(Backend& backend, const Objective& objective,
                                         const SearchRegion& region, std::int64_t trials,
                                         std::uint64_t seed) {
  const NetworkTask& task = *objective.network();
  std::vector<std::size_t> kinked;
  for (std::size_t l = 0; l < task.model.layers().size(); ++l) {
    if (has_kink(task.model.layers()[l])) kinked.push_back(l);
  }
  if (kinked.empty()) return std::nullopt;
  std::vector<bool> free(static_cast<std::size_t>(objective.parameter_count()), false);
  for (const std::int64_t i : objective.subset) free[static_cast<std::size_t>(i)] = true;
  boost::random::mt19937_64 random(seed);
  const auto draw = [&](std::int64_t count) {
    return boost::random::uniform_int_distribution<std::int64_t>(0, count - 1)(random);
  };
  std::optional<SlopeDrop> largest;
  for (const std::vector<double>& z : region.sample(trials, seed)) {
    const std::size_t l =
        kinked[static_cast<std::size_t>(draw(static_cast<std::int64_t>(kinked.size())))];
    const std::int64_t neuron = draw(task.model.layers()[l].outputs);
    std::optional<SlopeDrop> drop =
        onto_kink(task, free, region.theta(z), l, neuron, draw(task.samples));
    if (!drop || !region.contains(drop->theta)) continue;
    const std::vector<double> slope = slopes(backend, *drop);
    const double outer = slope[3] - slope[0];
    const double inner = slope[2] - slope[1];
    // A smooth function's difference would shrink eightfold.
    if (!(inner < 0.0) || !(std::fabs(outer - inner) <= 0.25 * std::fabs(inner))) continue;
    drop->before = slope[1];
    drop->after = slope[2];
    if (!largest || inner < largest->after - largest->before) largest = std::move(drop);
  }
  return largest;
}

}  // namespace convexscan
