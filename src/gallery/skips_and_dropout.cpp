// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <cmath>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// A skip connection adds a layer's input to its output, and a dropout mask that is fixed takes
/// some outputs of each sample out: other functions of the same weights, with other Hessians. Both
/// also break symmetries: a permutation of the neurons of one layer alone that is added to its
/// input, or whose outputs are masked one by one, changes the function (Orhan & Pitkow 2018), so
/// that what was a twin is none. Twins remain: the same permutation of all layers that skips join
/// commutes with the sums. Neither makes the loss convex: the products of weights remain.
namespace convexscan::experiments {
namespace {

using enum Quantity;

/// λ_min in the middle is another than the plain network's, by more than both bounds.
Finding differs(std::string text, const PlaneScan& plane, const PlaneScan& plain) {
  const auto at = [](const PlaneScan& scan, Quantity quantity) {
    return scan.values(quantity)[scan.middle()];
  };
  const double change = at(plane, min_eigenvalue) - at(plain, min_eigenvalue);
  const double bound = at(plane, min_eigenvalue_error) + at(plain, min_eigenvalue_error);
  return {claim,
          std::move(text),
          is_real(std::fabs(change), bound),
          "change of the smallest eigenvalue",
          change,
          bound,
          {},
          plane.file};
}

/// Swapping two neurons of the layer does not give the same loss any more.
Finding twins_no_more(Laboratory& lab, const Subject& subject, const std::vector<double>& swapped,
                      const char* name, const char* words) {
  Finding finding = equal_at_the_ends(
      claim, fmt::format("with {} swapped neurons give another loss", words),
      lab.between(subject, subject.theta, swapped,
                  {fmt::format("{}-swapped", name),
                   fmt::format("with {}: swapping two neurons changes the loss", words)}));
  finding.answer = finding.answer == Answer::yes  ? Answer::no
                   : finding.answer == Answer::no ? Answer::yes
                                                  : Answer::undecided;
  return finding;
}

/// The first two neurons of every hidden layer change places, all layers being as wide.
std::vector<double> swapped_in_every_layer(const Model& model, const std::vector<double>& theta) {
  const auto other = [](std::int64_t unit) { return unit < 2 ? 1 - unit : unit; };
  std::vector<double> result = theta;
  const auto move = [&](std::int64_t to, std::int64_t from) {
    result[static_cast<std::size_t>(to)] = theta[static_cast<std::size_t>(from)];
  };
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const std::int64_t row = l + 1 < model.depth() ? other(o) : o;
      for (std::int64_t i = 0; i < layer.inputs; ++i) {
        const std::int64_t column = l > 0 ? other(i) : i;
        move(model.weight_offset(l) + o * layer.inputs + i,
             model.weight_offset(l) + row * layer.inputs + column);
      }
      move(model.bias_offset(l) + o, model.bias_offset(l) + row);
    }
  }
  return result;
}

/// Swapping the same two neurons of all layers that skips join gives the same loss, elsewhere.
Finding joint_twin(Laboratory& lab, const Subject& skips) {
  const std::vector<double> joint =
      swapped_in_every_layer(skips.objective.network()->model, skips.theta);
  double squares = 0.0;
  for (std::size_t i = 0; i < joint.size(); ++i) {
    squares += (joint[i] - skips.theta[i]) * (joint[i] - skips.theta[i]);
  }
  Finding finding = equal_at_the_ends(
      remark, "... swapped in all the layers that skips join: the same loss",
      lab.between(skips, skips.theta, joint,
                  {"skips-joint", "with skips: a twin with two neurons of every layer swapped"}));
  if (!(squares > 0.0)) finding.answer = Answer::no;
  finding.evidence = fmt::format("weights {:.4g} apart", std::sqrt(squares));
  return finding;
}

}  // namespace

GalleryOutcome skips_and_dropout(Laboratory& lab) {
  const Dataset data = lab.keep("data", quadrants(60, 1601));
  const NetworkChoice choice{.widths = "2-4-4-4-1", .loss = Loss::binary_cross_entropy};
  const Subject plain = lab.network(choice, data, normal_numbers(57, 0.6, 1602));
  NetworkChoice other = choice;
  other.residual = true;
  const Subject skips = network_subject(other, data, plain.theta, plain.weights_file);
  other = choice;
  other.dropout = 0.25;
  other.model_seed = 1603;
  const Subject masked = network_subject(other, data, plain.theta, plain.weights_file);
  const std::vector<double> swapped =
      twin(plain.objective.network()->model, plain.theta, Symmetry::permute, 1604).theta;
  const QuantitySet curvature{loss, min_eigenvalue, min_eigenvalue_error, verdict};
  const PlaneChoice plane{{}, 1.0, 1605};
  const PlaneScan without =
      lab.plane(plain, plane, curvature, {"plain", "2-4-4-4-1 without skips or dropout"});

  GalleryOutcome outcome;
  outcome.findings = {
      differs("skips change the curvature at the same weights",
              lab.plane(skips, plane, curvature, {"skips", "2-4-4-4-1 with skip connections"}),
              without),
      twins_no_more(lab, skips, swapped, "skips", "skips"),
      joint_twin(lab, skips),
      differs("a dropout mask changes it, too",
              lab.plane(masked, plane, curvature, {"dropout", "2-4-4-4-1 with a dropout mask"}),
              without),
      twins_no_more(lab, masked, swapped, "dropout", "dropout"),
      equal_at_the_ends(
          remark, "without either they give the same",
          lab.between(plain, plain.theta, swapped,
                      {"plain-swapped", "2-4-4-4-1: a twin with two neurons swapped"})),
      violated_on_segments(
          remark, "with skips the loss is still not convex",
          lab.random(skips, "ball:3", 1606, {"skips-segments", "2-4-4-4-1 with skip connections"})),
      violated_on_segments(remark, "with dropout the loss is still not convex",
                           lab.random(masked, "ball:3", 1607,
                                      {"dropout-segments", "2-4-4-4-1 with a dropout mask"})),
  };
  outcome.conclusion =
      "They change the numbers and take single-layer swaps away; with skips joint swaps remain, "
      "and "
      "with both the products of weights that make the loss not convex.";
  return outcome;
}

}  // namespace convexscan::experiments
