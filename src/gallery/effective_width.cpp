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
/// follows: a neuron's weights to different inputs differ as the inputs do.
///
/// With an odd activation more follows: changing the signs of a neuron is a symmetry as well, so
/// each neuron is its own negative: all its weights are 0, the effective width is 0, and the
/// network is a constant.
///
/// That the penalised loss is strictly convex is searched for, not proved: λ is doubled until a
/// search of the ball that holds every minimiser finds no eigenvalue of the loss below −2λ.
///
/// One neuron with an increasing activation orders the samples as a linear function does, so the
/// minimiser separates classes by a straight line, as a network without a hidden layer.
///
/// Row 10 breaks the symmetry: with λ‖θ − c‖² and c drawn at random neither permutations nor flips
/// leave the penalty as it is, and the neurons stay as different as c is. A graded penalty
/// θᵀ diag(λ, λ², …) θ breaks permutations, but is even in every parameter: with an odd activation
/// flips remain, and every neuron is 0. Both keep neurons apart; neither gives back what the
/// strength of the penalty takes.
namespace convexscan::experiments {
namespace {

constexpr const char* widths = "2-4-1";

Subject network_of(Laboratory& lab, const Dataset& data, Activation activation) {
  return lab.network(
      {.widths = widths, .activation = activation, .loss = Loss::binary_cross_entropy}, data,
      std::vector<double>(17, 0.0), fmt::format("{}-zero", name(activation)));
}

/// A penalised loss, its minimisers and a plane through the lowest.
struct Convexified {
  Minimisers found;
  NeuronDistances neurons;
  double inside = 0.0;  ///< largest difference of the first neuron's two input weights
  std::string file;
};

Convexified convexified(Laboratory& lab, const Subject& penalised, double deviation,
                        const std::string& label, const std::string& caption, std::uint64_t seed) {
  Convexified result{minimisers(lab, penalised, deviation, seed), {}, 0.0, {}};
  const auto units = neurons(penalised.objective.network()->model, result.found.theta);
  result.neurons = distances(units);
  result.inside = std::fabs(units[0][0] - units[0][1]);
  result.file =
      lab.plane(lab.at(penalised, result.found.theta, label + "-minimiser"), {{}, 0.5, seed},
                {Quantity::loss, Quantity::min_eigenvalue, Quantity::min_eigenvalue_error,
                 Quantity::verdict},
                {label, caption})
          .file;
  return result;
}

Finding at_most_resolution(Finding::Role role, std::string text, const char* measure, double number,
                           const Convexified& from) {
  const double bound = from.found.resolution();
  return {role,
          std::move(text),
          !(bound > 0.0)    ? Answer::undecided
          : number <= bound ? Answer::yes
                            : Answer::no,
          measure,
          number,
          bound,
          {},
          from.file};
}

Finding beyond_resolution(Finding::Role role, std::string text, const char* measure, double number,
                          const Convexified& from) {
  const double bound = from.found.resolution();
  return {role,    std::move(text), bound > 0.0 ? is_real(number, bound) : Answer::undecided,
          measure, number,          bound,
          {},      from.file};
}

/// λ makes up for the smallest eigenvalue of the loss that a search of the ball found. It is no
/// proof that there is no smaller one.
Finding made_convex(Laboratory& lab, const char* words, const std::string& label,
                    const Subject& subject, const ConvexifiedBall& ball) {
  const NegativeCurvature& lowest = ball.smallest;
  return {remark,
          fmt::format("{} l2 = {:g}: no curvature < -2 l2 found", words, ball.strength),
          lowest.value - lowest.error >= -2.0 * ball.strength ? Answer::yes : Answer::no,
          "smallest eigenvalue found",
          lowest.value,
          lowest.error,
          fmt::format("in the ball of radius {:.4g} that holds every minimiser", ball.radius),
          lab.at(subject, lowest.theta, label + "-lowest").weights_file};
}

/// The accuracy is no higher than another's. It is a count of samples, without an error.
Finding no_more_accurate(Finding::Role role, std::string text, double accuracy, double than,
                         const std::string& file) {
  return {role,
          std::move(text),
          accuracy <= than ? Answer::yes : Answer::no,
          "accuracy",
          accuracy,
          0.0,
          fmt::format("the other {:.4g}", than),
          file};
}

}  // namespace

GalleryOutcome effective_width(Laboratory& lab) {
  const Dataset data = lab.keep("data", quadrants(100, 901));
  const Subject soft = network_of(lab, data, Activation::softplus);
  const ConvexifiedBall ball = convexified_ball(lab, soft, 902);
  const Convexified one = convexified(
      lab, penalised(soft, fmt::format("l2={}", ball.strength)), ball.radius / 4.0, "softplus",
      fmt::format("softplus with l2 = {}, where it is convex", ball.strength), 903);

  const Subject odd = network_of(lab, data, Activation::tanh);
  const ConvexifiedBall odd_ball = convexified_ball(lab, odd, 904);
  const Convexified none = convexified(
      lab, penalised(odd, fmt::format("l2={}", odd_ball.strength)), odd_ball.radius / 4.0, "tanh",
      fmt::format("tanh with l2 = {}, where it is convex", odd_ball.strength), 905);

  const Minimisers free = minimisers(lab, penalised(soft, "l2=1e-06"), 1.0, 906);
  const Subject line = network_subject({.widths = "2-1", .loss = Loss::binary_cross_entropy}, data,
                                       std::vector<double>(3, 0.0), "");
  const double straight = minimisers(lab, line, 0.1, 907).accuracy;

  GalleryOutcome outcome;
  outcome.findings = {
      made_convex(lab, "softplus,", "softplus", soft, ball),
      at_most_resolution(claim, "softplus: all starts end at one minimiser",
                         "largest distance between ends", one.found.apart, one),
      at_most_resolution(claim, "... and its four neurons are equal: effective width 1",
                         "largest distance between neurons", one.neurons.largest, one),
      no_more_accurate(claim, "... which is no better than no hidden layer", one.found.accuracy,
                       straight, one.file),
      no_more_accurate(claim, "... and worse than the network can do", one.found.accuracy,
                       std::nextafter(free.accuracy, 0.0), one.file),
      beyond_resolution(counter_example, "... but the weights inside a neuron are not equal",
                        "difference of two weights", one.inside, one),
      made_convex(lab, "tanh,", "tanh", odd, odd_ball),
      at_most_resolution(counter_example, "tanh: every neuron is 0: effective width 0",
                         "length of the longest neuron", none.neurons.longest, none),
  };
  outcome.conclusion =
      "Neurons of one layer become equal, not all weights; with an odd activation they become 0 "
      "and the network a constant.";
  return outcome;
}

GalleryOutcome kept_apart(Laboratory& lab) {
  const Dataset data = lab.keep("data", quadrants(100, 901));
  const Subject soft = network_of(lab, data, Activation::softplus);
  const Subject odd = network_of(lab, data, Activation::tanh);

  // The ball of an offset penalty is around the offset.
  const std::vector<double> offset = normal_numbers(17, 1.0, 1001);
  const Subject at_offset = lab.at(soft, offset, "offset");
  const ConvexifiedBall ball = convexified_ball(lab, at_offset, 1002);
  const Convexified moved =
      convexified(lab,
                  centred(penalised(at_offset, fmt::format("l2={}", ball.strength)), offset,
                          at_offset.weights_file),
                  ball.radius / 4.0, "softplus-offset",
                  fmt::format("softplus with an offset penalty of l2 = {}", ball.strength), 1003);

  // The weakest of λ, λ², …, λ¹⁷ is as strong as is needed.
  const auto graded = [](const ConvexifiedBall& needed) {
    const double strength = needed.strength;
    return fmt::format("l2-graded={}", strength < 1.0 ? std::pow(strength, 1.0 / 17.0) : strength);
  };
  const ConvexifiedBall soft_ball = convexified_ball(lab, soft, 1004);
  const Convexified apart =
      convexified(lab, penalised(soft, graded(soft_ball)), soft_ball.radius / 4.0,
                  "softplus-graded", "softplus with a graded penalty", 1005);
  const ConvexifiedBall odd_ball = convexified_ball(lab, odd, 1006);
  const Convexified none =
      convexified(lab, penalised(odd, graded(odd_ball)), odd_ball.radius / 4.0, "tanh-graded",
                  "tanh with a graded penalty: no neuron is left", 1007);
  const Minimisers free = minimisers(lab, penalised(soft, "l2=1e-06"), 1.0, 1008);

  GalleryOutcome outcome;
  outcome.findings = {
      made_convex(lab, "softplus, offset,", "softplus-offset", at_offset, ball),
      at_most_resolution(remark, "softplus, offset: all starts end at one minimiser",
                         "largest distance between ends", moved.found.apart, moved),
      beyond_resolution(claim, "... and its four neurons are all different",
                        "smallest distance between neurons", moved.neurons.smallest, moved),
      made_convex(lab, "softplus, graded from", "softplus-graded", soft, soft_ball),
      at_most_resolution(remark, "softplus, graded: all starts end at one minimiser",
                         "largest distance between ends", apart.found.apart, apart),
      beyond_resolution(claim, "... and its four neurons are all different",
                        "smallest distance between neurons", apart.neurons.smallest, apart),
      made_convex(lab, "tanh, graded from", "tanh-graded", odd, odd_ball),
      at_most_resolution(counter_example, "tanh, graded: every neuron is 0",
                         "length of the longest neuron", none.neurons.longest, none),
      no_more_accurate(remark, "offset: worse than the network can do", moved.found.accuracy,
                       std::nextafter(free.accuracy, 0.0), moved.file),
      no_more_accurate(remark, "graded: worse than the network can do", apart.found.accuracy,
                       std::nextafter(free.accuracy, 0.0), apart.file),
  };
  outcome.conclusion =
      "An offset keeps neurons apart, a graded penalty only where signs cannot be flipped; what "
      "the strength takes neither gives back.";
  return outcome;
}

}  // namespace convexscan::experiments
