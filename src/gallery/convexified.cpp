// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/convexified.hpp"

#include <algorithm>
#include <cmath>

#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/starts.hpp"
#include "distance.hpp"

namespace convexscan {
namespace {

using enum Quantity;

/// The smallest λ_min, less its error, at random points of the ball.
double sampled_curvature(Backend& backend, const SearchRegion& ball, std::int64_t points,
                         std::uint64_t seed) {
  std::vector<double> thetas;
  for (const std::vector<double>& z : ball.sample(points, seed)) {
    const std::vector<double> theta = ball.theta(z);
    thetas.insert(thetas.end(), theta.begin(), theta.end());
  }
  const ValueTable values =
      backend.point_values(thetas, points, {min_eigenvalue, min_eigenvalue_error});
  double smallest = HUGE_VAL;
  for (std::size_t p = 0; p < values.at(min_eigenvalue).data.size(); ++p) {
    smallest = std::min(
        smallest, values.at(min_eigenvalue).data[p] - values.at(min_eigenvalue_error).data[p]);
  }
  return smallest;
}

}  // namespace

ConvexifiedBall convexified_ball(Laboratory& lab, const Subject& subject, std::uint64_t seed) {
  const std::unique_ptr<Backend> backend = lab.backend(subject);
  const double at_centre = backend->point_values(subject.theta, 1, {loss}).at(loss).data.front();
  for (int power = -10; power < 10; ++power) {
    const double strength = std::ldexp(1.0, power);
    const double radius = std::sqrt(at_centre / strength);
    const auto ball = search_region(subject.objective, subject.theta, {Region::Kind::ball, radius});
    // A sample is cheap and refutes most; what it does not, the search has to.
    if (sampled_curvature(*backend, *ball, lab.segments(), seed) < -2.0 * strength) continue;
    const NegativeCurvature found = most_negative_curvature(
        *backend, subject.objective, *ball, std::vector<double>(subject.theta.size(), 1.0),
        {.samples = 64, .descents = 4, .mixtures = 0, .steps = 40, .seed = seed}, {},
        [&](std::int64_t, std::int64_t) {
          if (lab.stopped()) throw Interrupted();
        });
    if (found.value - found.error >= -2.0 * strength) return {strength, radius, found};
  }
  throw Error("no penalty was found that makes the loss convex");
}

Minimisers minimisers(Laboratory& lab, const Subject& subject, double deviation,
                      std::uint64_t seed) {
  const std::unique_ptr<Backend> backend = lab.backend(subject);
  const auto parameters = static_cast<std::int64_t>(subject.theta.size());
  std::vector<double> starts = normal_numbers(lab.starts() * parameters, deviation, seed);
  for (std::size_t i = 0; i < starts.size(); ++i)
    starts[i] += subject.theta[i % subject.theta.size()];
  const std::vector<TrainingResult> ends = train_starts(
      *backend, subject.objective, starts, {.max_iterations = 2000, .gradient_tolerance = 1e-10},
      [&](std::int64_t, std::int64_t) { return !lab.stopped(); });
  const TrainingResult& best = *std::ranges::min_element(ends, {}, &TrainingResult::loss);
  Minimisers found;
  found.theta = best.theta;
  for (const TrainingResult& end : ends) {
    found.gradient_norm = std::max(found.gradient_norm, end.gradient_norm);
    found.apart = std::max(found.apart, distance(end.theta, best.theta));
  }
  const ValueTable values =
      backend->point_values(best.theta, 1, {accuracy, min_eigenvalue, min_eigenvalue_error});
  found.accuracy = values.at(accuracy).data.front();
  found.curvature = values.at(min_eigenvalue).data.front();
  found.curvature_error = values.at(min_eigenvalue_error).data.front();
  return found;
}

std::vector<std::vector<double>> neurons(const Model& model, const std::vector<double>& theta) {
  const Layer& hidden = model.layers().front();
  const auto at = [&](std::int64_t i) { return theta[static_cast<std::size_t>(i)]; };
  std::vector<std::vector<double>> found;
  for (std::int64_t j = 0; j < hidden.outputs; ++j) {
    std::vector<double>& neuron = found.emplace_back();
    for (std::int64_t i = 0; i < hidden.inputs; ++i) {
      neuron.push_back(at(model.weight_offset(0) + j * hidden.inputs + i));
    }
    if (hidden.bias) neuron.push_back(at(model.bias_offset(0) + j));
    for (std::int64_t o = 0; o < model.outputs(); ++o) {
      neuron.push_back(at(model.weight_offset(1) + o * hidden.outputs + j));
    }
  }
  return found;
}

NeuronDistances distances(const std::vector<std::vector<double>>& neurons) {
  NeuronDistances found{0.0, HUGE_VAL, 0.0};
  for (std::size_t a = 0; a < neurons.size(); ++a) {
    const std::vector<double> zero(neurons[a].size(), 0.0);
    found.longest = std::max(found.longest, distance(neurons[a], zero));
    for (std::size_t b = 0; b < a; ++b) {
      const double apart = distance(neurons[a], neurons[b]);
      found.largest = std::max(found.largest, apart);
      found.smallest = std::min(found.smallest, apart);
    }
  }
  return found;
}

}  // namespace convexscan
