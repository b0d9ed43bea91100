// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// A network of linear layers computes a linear function, and its loss is not convex in the
/// parameters: with one sample x = y = 1 it is f = (1 − w₂w₁)², whose minima are the hyperbola
/// w₂w₁ = 1, whose Hessian at the origin is ((0, −2), (−2, 0)), with eigenvalues ±2, and which is 1
/// there: half way between the minima (1, 1) and (−1, −1). (All its minima are global: Baldi &
/// Hornik 1989.)
namespace convexscan::experiments {

GalleryOutcome linear_network(Laboratory& lab) {
  const Subject network = lab.network(
      {.widths = "1-1-1", .activation = Activation::identity, .loss = Loss::mse, .bias = false},
      lab.keep("data", samples(1, {1.0}, {1.0})), {0.0, 0.0});
  const SegmentsScan valley =
      lab.between(network, {2.0, 0.5}, {0.5, 2.0},
                  {"valley", "(1 - w2 w1)^2 from (2, 1/2) to (1/2, 2) on the hyperbola"});
  GalleryOutcome outcome;
  outcome.findings = {
      curves_down_in_the_middle(
          claim, "the loss curves down at the saddle w = 0",
          lab.plane(network, {{0, 1}, 2.0},
                    {Quantity::loss, Quantity::min_eigenvalue, Quantity::min_eigenvalue_error,
                     Quantity::verdict},
                    {"saddle", "(1 - w2 w1)^2: two valleys of minima and a saddle between"})),
      rises_between(claim, "it rises between the minima (1, 1) and (-1, -1)",
                    lab.between(network, {1.0, 1.0}, {-1.0, -1.0},
                                {"valleys", "(1 - w2 w1)^2 from (1, 1) to (-1, -1)"})),
      equal_at_the_ends(claim, "(2, 1/2) and (1/2, 2) have the same loss", valley),
      rises_between(claim, "... and it rises between them, too", valley),
  };
  outcome.conclusion =
      "A linear network is linear in its input, not in its weights: those multiply each other.";
  return outcome;
}

}  // namespace convexscan::experiments
