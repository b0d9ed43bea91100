// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <cmath>

#include "gallery/convexified.hpp"
#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// A strictly convex function has one minimiser. f + λ‖θ‖² does not change when the neurons of a
/// hidden layer are permuted, so its minimiser does not either: every neuron has the input weights,
/// bias and output weights of every other, and the layer computes with one neuron. That is all that
/// follows: a neuron's weights to different inputs differ as the inputs do, and biases from weights.
///
/// With an odd activation more follows: changing the signs of a neuron is a symmetry as well, so
/// each neuron is its own negative: all its weights are 0, the effective width is 0, and the network
/// is a constant.
///
/// One neuron with an increasing activation orders the samples as a linear function does, so the
/// minimiser is no better a classifier than the best straight line.
namespace convexscan::experiments {
namespace {

Subject penalised_subject(Laboratory& lab, const Dataset& data, Activation activation,
                          ConvexifiedBall& ball) {
  const NetworkChoice choice{
      .widths = "2-4-1", .activation = activation, .loss = Loss::binary_cross_entropy};
  const std::string weights = fmt::format("{}-zero", name(activation));
  const Subject subject = lab.network(choice, data, std::vector<double>(17, 0.0), weights);
  ball = convexified_ball(lab, subject, 901);
  return penalised(subject, fmt::format("l2={}", ball.strength));
}

Finding unique(std::string text, const Minimisers& found, const std::string& file) {
  return {remark,      std::move(text),    found.apart <= found.resolution() ? Answer::yes : Answer::no,
          "largest distance between minimisers", found.apart, found.resolution(), {}, file};
}

}  // namespace

GalleryOutcome effective_width(Laboratory& lab) {
  const Dataset data = lab.keep("data", quadrants(100, 902));
  const QuantitySet curvature{Quantity::loss, Quantity::min_eigenvalue,
                              Quantity::min_eigenvalue_error, Quantity::verdict};

  ConvexifiedBall ball;
  const Subject soft = penalised_subject(lab, data, Activation::softplus, ball);
  const Minimisers found = minimisers(lab, soft, ball.radius, 903);
  const Subject at = lab.at(soft, found.theta, "softplus-minimiser");
  const PlaneScan plane =
      lab.plane(at, {{}, 0.3, 904}, curvature,
                {"softplus", fmt::format("softplus, l2 = {}: convex, one minimiser", ball.strength)});
  const auto units = neurons(soft.objective.network()->model, found.theta);
  const NeuronDistances apart = distances(units);
  const double inside = std::fabs(units[0][0] - units[0][1]);

  // The same without penalty, and no hidden layer at all.
  const Subject free = network_subject({.widths = "2-4-1",
                                        .activation = Activation::softplus,
                                        .loss = Loss::binary_cross_entropy},
                                       data, soft.theta, "");
  const Subject line = network_subject({.widths = "2-1", .loss = Loss::binary_cross_entropy}, data,
                                       std::vector<double>(3, 0.0), "");
  const Minimisers best = minimisers(lab, free, 1.0, 905);
  const Minimisers straight = minimisers(lab, line, 0.1, 906);

  ConvexifiedBall odd_ball;
  const Subject odd = penalised_subject(lab, data, Activation::tanh, odd_ball);
  const Minimisers odd_found = minimisers(lab, odd, odd_ball.radius, 907);
  const Subject odd_at = lab.at(odd, odd_found.theta, "tanh-minimiser");
  const PlaneScan odd_plane = lab.plane(
      odd_at, {{}, 0.3, 908}, curvature,
      {"tanh", fmt::format("tanh, l2 = {}: convex, and no neuron is left", odd_ball.strength)});
  const NeuronDistances odd_apart = distances(neurons(odd.objective.network()->model, odd_found.theta));

  fmt::print("ball {} {} {}\n", ball.strength, ball.radius, ball.curvature);
  fmt::print("acc {} best {} straight {}\n", found.accuracy, best.accuracy, straight.accuracy);
  fmt::print("odd {} {} acc {}\n", odd_ball.strength, odd_ball.radius, odd_found.accuracy);
  fmt::print("inside {} apart {} longest {} res {}\n", inside, apart.largest, apart.longest, found.resolution());
  fmt::print("odd longest {} res {}\n", odd_apart.longest, odd_found.resolution());

  GalleryOutcome outcome;
  outcome.findings = {
      unique("softplus", found, plane.file),
  };
  return outcome;
}

GalleryOutcome kept_apart(Laboratory&) { return {}; }

}  // namespace convexscan::experiments
