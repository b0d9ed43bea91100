// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/slope_drop.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "convexscan/scan.hpp"
#include "layer_outputs.hpp"
#include "random_stream.hpp"

namespace convexscan {
namespace {

/// Distances from the kink at which slopes are taken, relative to the size of the weights.
constexpr double far = 1e-6;
constexpr double near = far / 8;

bool has_kink(const Layer& layer) {
  const bool sloped =
      layer.activation == Activation::leaky_relu || layer.activation == Activation::elu;
  return layer.activation == Activation::relu || (sloped && layer.slope != 1.0);
}

bool has_kinks(LandscapeId id) {
  using enum LandscapeId;
  switch (id) {
    case relu:
    case relu_well:
    case max_of_convex:
    case max_pooling:
    case convolution_pooling:
    case convolution_pooling_loss:
    case convolution_layer:
    case convolution_layer_loss:
      return true;
    case xy:
    case x2y2:
    case sine:
    case double_well:
    case cubic:
    case rosenbrock:
    case hyperbola:
    case log_sum_exp:
    case convolution_kernel:
    case convolution_input:
    case convolution_joint:
    case linear_map:
    case exp_of_square:
    case root_of_square:
      break;
  }
  return false;
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

/// A kink of the layer that the sample meets between two points of the region, by halving: along
/// the way from one to the other. Nothing where it meets none.
template <class Draw>
std::optional<SlopeDrop> between(const NetworkTask& task, const SearchRegion& region,
                                 const std::vector<double>& from, const std::vector<double>& to,
                                 std::size_t l, std::int64_t sample, const Draw& draw) {
  const auto theta = [&](double t) {
    std::vector<double> z = from;
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += t * (to[i] - from[i]);
    return region.theta(z);
  };
  const auto pre_activation = [&](double t) {
    const std::vector<double> point = theta(t);
    LayerOutputs outputs(task, point, sample);
    for (std::size_t k = 0; k < l; ++k) outputs.next();
    return outputs.pre_activation();
  };
  const std::vector<double> first = pre_activation(0.0);
  const std::vector<double> last = pre_activation(1.0);
  std::vector<std::size_t> crossing;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if ((first[i] > 0.0) != (last[i] > 0.0)) crossing.push_back(i);
  }
  if (crossing.empty()) return std::nullopt;
  const std::size_t neuron =
      crossing[static_cast<std::size_t>(draw(static_cast<std::int64_t>(crossing.size())))];
  double low = 0.0;
  double high = 1.0;
  for (int halving = 0; halving < std::numeric_limits<double>::digits; ++halving) {
    const double middle = 0.5 * (low + high);
    const bool behind = (pre_activation(middle)[neuron] > 0.0) == (last[neuron] > 0.0);
    (behind ? high : low) = middle;
  }
  SlopeDrop drop;
  drop.theta = theta(high);
  drop.direction = theta(1.0);
  const std::vector<double> start = theta(0.0);
  double squares = 0.0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    drop.direction[i] -= start[i];
    squares += drop.direction[i] * drop.direction[i];
  }
  if (!(squares > 0.0) || !std::isfinite(squares)) return std::nullopt;
  for (double& v : drop.direction) v /= std::sqrt(squares);
  drop.layer = static_cast<std::int64_t>(l) + 1;
  drop.neuron = static_cast<std::int64_t>(neuron);
  drop.sample = sample;
  return drop;
}

/// The place where the slope drops most on the way between two points of the region: first among
/// equal pieces, then by halving, always the half with the larger drop.
std::optional<SlopeDrop> on_line(Backend& backend, const SearchRegion& region,
                                 const std::vector<double>& from, const std::vector<double>& to) {
  constexpr std::size_t pieces = 64;
  SlopeDrop drop;
  const std::vector<double> start = region.theta(from);
  drop.direction = region.theta(to);
  double squares = 0.0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    drop.direction[i] -= start[i];
    squares += drop.direction[i] * drop.direction[i];
  }
  if (!(squares > 0.0) || !std::isfinite(squares)) return std::nullopt;
  const double length = std::sqrt(squares);
  for (double& v : drop.direction) v /= length;
  const auto slopes_at = [&](const std::vector<double>& places) {
    std::vector<double> thetas;
    for (const double t : places) {
      for (std::size_t i = 0; i < start.size(); ++i) {
        thetas.push_back(start[i] + t * length * drop.direction[i]);
      }
    }
    std::vector<double> losses(places.size());
    std::vector<double> gradients(thetas.size());
    backend.gradients(thetas, losses, gradients);
    std::vector<double> found;
    for (std::size_t k = 0; k < places.size(); ++k) {
      found.push_back(std::inner_product(drop.direction.begin(), drop.direction.end(),
                                         gradients.data() + k * start.size(), 0.0));
    }
    return found;
  };
  std::vector<double> places;
  for (std::size_t k = 0; k <= pieces; ++k) {
    places.push_back(static_cast<double>(k) / static_cast<double>(pieces));
  }
  const std::vector<double> slope = slopes_at(places);
  std::size_t steepest = 0;
  for (std::size_t k = 0; k < pieces; ++k) {
    if (slope[k + 1] - slope[k] < slope[steepest + 1] - slope[steepest]) steepest = k;
  }
  double low = places[steepest], high = places[steepest + 1];
  double before = slope[steepest], after = slope[steepest + 1];
  for (int halving = 0; halving < std::numeric_limits<double>::digits - 6; ++halving) {
    const double middle = 0.5 * (low + high);
    const double between = slopes_at({middle}).front();
    const bool behind = after - between < between - before;  // the larger drop
    (behind ? low : high) = middle;
    (behind ? before : after) = between;
  }
  drop.theta = start;
  for (std::size_t i = 0; i < start.size(); ++i) drop.theta[i] += high * length * drop.direction[i];
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

/// Keeps a drop that is one and larger than the one before.
void keep_larger(Backend& backend, SlopeDrop drop, std::optional<SlopeDrop>& largest) {
  const std::vector<double> slope = slopes(backend, drop);
  const double outer = slope[3] - slope[0];
  const double inner = slope[2] - slope[1];
  // A smooth function's difference would shrink eightfold.
  if (!(inner < 0.0) || !(std::fabs(outer - inner) <= 0.25 * std::fabs(inner))) return;
  drop.before = slope[1];
  drop.after = slope[2];
  if (!largest || inner < largest->after - largest->before) largest = std::move(drop);
}

std::optional<SlopeDrop> find_on_landscape(Backend& backend, const SearchRegion& region,
                                           std::int64_t trials, std::uint64_t seed,
                                           const std::atomic<bool>* stop) {
  std::optional<SlopeDrop> largest;
  const std::vector<std::vector<double>> points =
      region.sample(trials + 1, stream_seed(seed, RandomUse::kink_points));
  for (std::size_t k = 0; k + 1 < points.size(); ++k) {
    if (stop != nullptr && stop->load()) throw Interrupted();
    std::optional<SlopeDrop> drop = on_line(backend, region, points[k], points[k + 1]);
    if (drop) keep_larger(backend, std::move(*drop), largest);
  }
  return largest;
}

}  // namespace

bool has_kinks(const Objective& objective) {
  const NetworkTask* network = objective.network();
  if (network == nullptr) return has_kinks(objective.landscape()->id);
  // Layers read those before them: the first scanned parameter moves all from its own on.
  for (int l = 0; l < network->model.depth(); ++l) {
    if (has_kink(network->model.layers()[static_cast<std::size_t>(l)]) &&
        objective.subset.front() < network->model.weight_offset(l + 1)) {
      return true;
    }
  }
  return false;
}

std::optional<SlopeDrop> find_slope_drop(Backend& backend, const Objective& objective,
                                         const SearchRegion& region, std::int64_t trials,
                                         std::uint64_t seed, const std::atomic<bool>* stop) {
  if (!has_kinks(objective)) return std::nullopt;
  if (objective.network() == nullptr) {
    return find_on_landscape(backend, region, trials, seed, stop);
  }
  const NetworkTask& task = *objective.network();
  std::vector<std::size_t> kinked;
  for (std::size_t l = 0; l < task.model.layers().size(); ++l) {
    if (has_kink(task.model.layers()[l])) kinked.push_back(l);
  }
  std::vector<bool> free(static_cast<std::size_t>(objective.parameter_count()), false);
  for (const std::int64_t i : objective.subset) free[static_cast<std::size_t>(i)] = true;
  boost::random::mt19937_64 random(stream_seed(seed, RandomUse::kinks));
  const auto draw = [&](std::int64_t count) {
    return boost::random::uniform_int_distribution<std::int64_t>(0, count - 1)(random);
  };
  std::optional<SlopeDrop> largest;
  const std::vector<std::vector<double>> points =
      region.sample(trials + 1, stream_seed(seed, RandomUse::kink_points));
  for (std::size_t k = 0; k + 1 < points.size(); ++k) {
    if (stop != nullptr && stop->load()) throw Interrupted();
    const std::size_t l =
        kinked[static_cast<std::size_t>(draw(static_cast<std::int64_t>(kinked.size())))];
    const std::int64_t neuron = draw(task.model.layers()[l].outputs);
    const std::int64_t sample = draw(task.samples);
    std::optional<SlopeDrop> drop =
        onto_kink(task, free, region.theta(points[k]), l, neuron, sample);
    if (!drop || !region.contains(drop->theta)) {
      drop = between(task, region, points[k], points[k + 1], l, sample, draw);
    }
    if (!drop) continue;
    keep_larger(backend, std::move(*drop), largest);
  }
  return largest;
}

}  // namespace convexscan
