// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// With the hidden units fixed, the output is linear in the weights that are left, and any convex
/// loss of it with a convex penalty is convex. "Convex neural networks" (Bengio, Le Roux, Vincent,
/// Delalleau & Marcotte 2005; Bach 2017) make of that a network by taking all possible hidden units
/// at once, of which the L1 penalty leaves a few: the problem is convex and infinite, and finding
/// the next unit to add is not. A network with a finite number of units that are trained is another
/// problem, and not convex.
namespace convexscan::experiments {

GalleryOutcome fixed_features(Laboratory& lab) {
  const Dataset data = lab.keep("data", classes(2, normal_numbers(2 * 60, 1.0, 601), 2, 602));
  const NetworkChoice choice{.widths = "2-8-1", .loss = Loss::binary_cross_entropy};
  const Subject network =
      penalised(lab.network(choice, data, normal_numbers(33, 1.0, 603)), "l1=0.01");
  NetworkChoice radial{
      .widths = "8-1", .loss = Loss::binary_cross_entropy, .features = "rbf:8", .model_seed = 604};
  const Subject rbf = lab.network(radial, data, std::vector<double>(9, 0.0), "rbf-weights");
  radial.loss = Loss::mse;
  const Subject rbf_mse = network_subject(radial, data, rbf.theta, rbf.weights_file);

  GalleryOutcome outcome;
  outcome.findings = {
      convex_on_segments(
          claim, "fixed tanh units, L1: the logistic loss is convex",
          lab.random(restricted(network, "last"), "ball:5", 605,
                     {"fixed", "fixed tanh units, logistic loss and L1 on the output weights"})),
      convex_on_segments(claim, "fixed RBF units: the logistic loss is convex",
                         lab.random(rbf, "ball:5", 606, {"rbf", "fixed RBF units, logistic loss"})),
      convex_on_segments(
          claim, "... and so is the squared error",
          lab.random(rbf_mse, "ball:5", 607, {"rbf-mse", "fixed RBF units, squared error"})),
      violated_on_segments(
          remark, "the same network with trained hidden units is not",
          lab.random(network, "ball:5", 608, {"trained", "the same network, all its weights"})),
  };
  outcome.conclusion =
      "Convex because nothing is left but a linear model of fixed features; choosing the features "
      "is where convexity ends.";
  return outcome;
}

}  // namespace convexscan::experiments
