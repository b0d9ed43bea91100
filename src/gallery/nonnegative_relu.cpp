// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cmath>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// The argument goes: relu is convex and increasing, sums with non-negative weights of convex
/// functions are convex, so the output is. It holds for the output as a function of the *input*,
/// and of one layer's weights while the others stay (Amos, Xu & Kolter 2017, proposition 1). It
/// does not hold for all weights: with non-negative inputs and weights no relu ever cuts anything
/// off, and the output Σⱼ v_j Σᵢ w_ji x_i is bilinear in (v, w), the same saddle as xy. From (w =
/// 1, v = 0) to (w = 0, v = 1) the output is 0 at both ends and t(1 − t) Σⱼ Σᵢ x_i between them.
///
/// The same for the cross-entropy of two logits, log(1 + exp(z₁ − z₀)) averaged: convex in either
/// layer alone, since z is linear in it here, and not in both.
namespace convexscan::experiments {

GalleryOutcome nonnegative_relu(Laboratory& lab) {
  std::vector<double> inputs = normal_numbers(2 * 40, 1.0, 501);
  for (double& x : inputs) x = std::fabs(x);
  const Dataset data = lab.keep("data", classes(2, std::move(inputs), 2, 502));
  NetworkChoice choice{.widths = "2-3-2",
                       .activation = Activation::relu,
                       .loss = Loss::cross_entropy,
                       .bias = false};
  const Subject loss = lab.network(choice, data, std::vector<double>(12, 0.0), "origin");
  // One layer at a time, with weights in the other that tell the outputs apart.
  std::vector<double> weights = normal_numbers(12, 1.0, 507);
  for (double& w : weights) w = std::fabs(w);
  const Subject alone = lab.at(loss, std::move(weights), "weights");
  choice.output = 0;
  const Subject output = network_subject(choice, data, loss.theta, loss.weights_file);
  const Subject output_alone = network_subject(choice, data, alone.theta, alone.weights_file);
  std::vector<double> from(12, 0.0);
  std::vector<double> to(12, 0.0);
  std::fill_n(from.begin(), 6, 1.0);
  std::fill(to.begin() + 6, to.end(), 1.0);

  GalleryOutcome outcome;
  outcome.findings = {
      convex_on_segments(claim, "the first output is convex in all weights >= 0",
                         lab.random(output, "nonnegative:2", 503,
                                    {"output", "output of a relu network, all weights >= 0"})),
      rises_between(remark, "... it rises and falls from w = 1, v = 0 to w = 0, v = 1",
                    lab.between(output, from, to,
                                {"bilinear", "output of a relu network from (1, 0) to (0, 1)"})),
      convex_on_segments(
          claim, "the two-logit cross-entropy is convex in all weights >= 0",
          lab.random(loss, "nonnegative:2", 504,
                     {"cross-entropy", "cross-entropy of a relu network, all weights >= 0"})),
  };
  for (const char* layer : {"layer:1", "layer:2"}) {
    const std::string number(1, layer[6]);
    outcome.findings.push_back(convex_on_segments(
        remark, "the output is convex in layer " + number + " alone",
        lab.random(restricted(output_alone, layer), "nonnegative:2", 505,
                   {"output-" + number, "output of a relu network, one layer's weights >= 0"})));
    outcome.findings.push_back(convex_on_segments(
        remark, "the cross-entropy is convex in layer " + number + " alone",
        lab.random(restricted(alone, layer), "nonnegative:2", 506,
                   {"cross-entropy-" + number,
                    "cross-entropy of a relu network, one layer's weights >= 0"})));
  }
  outcome.conclusion =
      "Convex in each layer's weights alone; in both layers' together the output is bilinear.";
  return outcome;
}

}  // namespace convexscan::experiments
