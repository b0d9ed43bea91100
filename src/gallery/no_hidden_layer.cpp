// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cmath>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// Without a hidden layer the outputs z = W x + b are linear in the parameters, and squared error
/// and cross-entropy are convex in z; a convex function of a linear one is convex (Boyd &
/// Vandenberghe 2004, §3.2.2). It is flat along every direction in which no output of any sample
/// changes, or all logits of a softmax change alike. For squared error the Hessian is (2/N) Σ x̄ x̄ᵀ
/// with x̄ = (x, 1): its smallest eigenvalue is 0 exactly when the regressors are linearly
/// dependent, and only small when they are correlated.
namespace convexscan::experiments {
namespace {

constexpr std::int64_t count = 64;

/// Three regressors of which the last is the sum of the others, to the last bit.
Dataset dependent() {
  std::vector<double> inputs = normal_numbers(3 * count, 1.0, 101);
  for (std::size_t s = 0; s < inputs.size(); s += 3) {
    for (std::size_t i = s; i < s + 2; ++i) inputs[i] = std::round(1024.0 * inputs[i]) / 1024.0;
    inputs[s + 2] = inputs[s] + inputs[s + 1];
  }
  return samples(3, std::move(inputs), normal_numbers(count, 1.0, 102));
}

/// Three regressors of which two have a correlation of 0.99.
Dataset correlated() {
  std::vector<double> inputs = normal_numbers(3 * count, 1.0, 103);
  for (std::size_t s = 0; s < inputs.size(); s += 3) {
    inputs[s + 1] = 0.99 * inputs[s] + std::sqrt(1.0 - 0.99 * 0.99) * inputs[s + 1];
  }
  return samples(3, std::move(inputs), normal_numbers(count, 1.0, 104));
}

}  // namespace

GalleryOutcome no_hidden_layer(Laboratory& lab) {
  const NetworkChoice linear{.widths = "3-1"};
  const NetworkChoice softmax{.widths = "3-3", .loss = Loss::cross_entropy};
  const Subject regression =
      lab.network(linear, lab.keep("dependent", dependent()), normal_numbers(4, 1.0, 105));
  const Subject logistic = lab.network(
      softmax, lab.keep("classes", classes(3, normal_numbers(3 * count, 1.0, 106), 3, 107)),
      normal_numbers(12, 0.5, 108), "softmax-weights");
  const Subject valley = lab.network(linear, lab.keep("correlated", correlated()),
                                     normal_numbers(4, 1.0, 109), "correlated-weights");
  const QuantitySet curvature{Quantity::loss, Quantity::min_eigenvalue,
                              Quantity::min_eigenvalue_error};
  std::vector<double> moved = regression.theta;
  for (const std::size_t i : {0U, 1U}) moved[i] += 1.0;
  moved[2] -= 1.0;

  GalleryOutcome outcome;
  outcome.findings = {
      convex_on_segments(
          claim, "linear regression is convex",
          lab.random(regression, "ball:3", 110, {"linear", "linear regression: no segment rises"})),
      convex_on_segments(
          claim, "softmax regression is convex",
          lab.random(logistic, "ball:3", 111, {"softmax", "softmax regression: no segment rises"})),
      has_flat_direction(
          claim, "linear regression with x3 = x1 + x2 is nowhere strictly convex",
          lab.plane(regression, {{}, 1.0, 112}, curvature,
                    {"linear-plane", "linear regression with x3 = x1 + x2 is flat somewhere"})),
      constant_between(claim, "... as the loss stays the same along w + t (1, 1, -1)",
                       lab.between(regression, regression.theta, moved,
                                   {"valley", "linear regression with x3 = x1 + x2: a flat line"})),
      has_flat_direction(claim, "softmax regression is nowhere strictly convex",
                         lab.plane(logistic, {{}, 1.0, 113}, curvature,
                                   {"softmax-plane", "softmax regression is flat somewhere"})),
      curves_up_everywhere(
          counter_example, "a correlation of 0.99 without dependence: strictly convex",
          lab.plane(valley, {{}, 1.0, 114}, curvature,
                    {"correlated-plane", "linear regression with a correlation of 0.99"})),
  };
  outcome.conclusion =
      "Convex always. Only exact linear dependence of the regressors makes it flat; correlation "
      "makes a valley that still curves up.";
  return outcome;
}

}  // namespace convexscan::experiments
