// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// |θ| is convex and a sum of convex functions is convex. |θ|ᵖ with p < 1 is concave on either side
/// of 0, with a second derivative that goes to −∞ at 0, which no bounded curvature of a loss makes
/// up for. What an L1 penalty does not do is make a loss convex: where no weight changes its sign
/// it is linear and leaves every gap as it is, however strong it is.
namespace convexscan::experiments {

GalleryOutcome sparse_penalties(Laboratory& lab) {
  const Subject regression =
      lab.network({.widths = "3-1"}, lab.keep("data", noise(40, 3, 1101)), {0, 0, 0, 0});
  const Subject product = landscape_subject("hyperbola");
  GalleryOutcome outcome;
  outcome.findings = {
      convex_on_segments(claim, "linear regression with an L1 penalty is convex",
                         lab.random(penalised(regression, "l1=0.5"), "box:1", 1102,
                                    {"l1", "linear regression with l1 = 0.5"})),
      convex_on_segments(claim, "... and with a strong one",
                         lab.random(penalised(regression, "l1=1000"), "box:1", 1103,
                                    {"l1-strong", "linear regression with l1 = 1000"})),
      violated_on_segments(claim, "with an L1/2 penalty it is not",
                           lab.random(penalised(regression, "lp=0.5,0.5"), "box:1", 1104,
                                      {"lp", "linear regression with lp = 0.5, 0.5"})),
      violated_on_segments(claim, "... nor with a weak one, near 0",
                           lab.random(penalised(regression, "lp=0.5,0.001"), "box:0.001", 1105,
                                      {"lp-weak", "linear regression with lp = 0.5, 0.001"})),
      rises_between(remark, "(1 - w2 w1)^2 with l1 = 1000 rises from (2, 1/2) to (1/2, 2)",
                    lab.between(penalised(product, "l1=1000"), {2.0, 0.5}, {0.5, 2.0},
                                {"l1-product", "(1 - w2 w1)^2 with l1 = 1000"})),
  };
  outcome.conclusion =
      "L1 keeps convexity but does not make any: it is linear where no weight changes its sign.";
  return outcome;
}

}  // namespace convexscan::experiments
