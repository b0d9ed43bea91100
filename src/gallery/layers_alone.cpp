// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cmath>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// A function may be convex in each block of its variables and not in all: xy is linear in x and in
/// y, with the Hessian ((0, 1), (1, 0)) and eigenvalues ±1; x²y² has 2y² and 2x² on the diagonal
/// and the determinant −12x²y². For a network of linear layers the outputs are linear in each
/// layer, so the squared error is convex in each; jointly it is not (row 2). "Can be" is all that
/// holds: the first layer of a tanh network has a diagonal block with negative eigenvalues of its
/// own.
namespace convexscan::experiments {
namespace {

using enum Quantity;

/// Neither second derivative along the axes is negative on the plane. The number is the smaller.
Finding convex_along_the_axes(std::string text, const PlaneScan& plane) {
  const std::vector<double>& hessian = plane.values(plane_hessian);
  const std::vector<double>& error = plane.values(eigenvalue_error);
  double number = HUGE_VAL;
  double bound = 0.0;
  for (std::size_t p = 0; p < error.size(); ++p) {
    for (const double second : {hessian[3 * p], hessian[3 * p + 2]}) {
      if (second + error[p] >= number + bound) continue;
      number = second;
      bound = error[p];
    }
  }
  const Answer answer = number >= -bound  ? Answer::yes
                        : number < -bound ? Answer::no
                                          : Answer::undecided;
  return {claim,  std::move(text), answer, "smallest second derivative along an axis",
          number, bound,           {},     plane.file};
}

/// No diagonal block of a layer has a negative eigenvalue on the plane; the number is the smallest.
Finding convex_in_each_layer(std::string text, const PlaneScan& plane) {
  const Values& blocks = plane.result.values.at(layer_min_eigenvalue);
  const std::vector<double>& error = plane.values(eigenvalue_error);
  const auto layers = static_cast<std::size_t>(blocks.components);
  double number = HUGE_VAL;
  double bound = 0.0;
  for (std::size_t k = 0; k < blocks.data.size(); ++k) {
    // A block is no further from its computed one than the whole Hessian is.
    const double mine = error[k / layers];
    if (blocks.data[k] + mine >= number + bound) continue;
    number = blocks.data[k];
    bound = mine;
  }
  const Answer answer = number >= -bound  ? Answer::yes
                        : number < -bound ? Answer::no
                                          : Answer::undecided;
  return {claim,  std::move(text), answer, "smallest eigenvalue of a layer's block",
          number, bound,           {},     plane.file};
}

}  // namespace

GalleryOutcome layers_alone(Laboratory& lab) {
  GalleryOutcome outcome;
  const QuantitySet toy{loss, plane_hessian, min_eigenvalue, min_eigenvalue_error,
                        eigenvalue_error};
  for (const char* name : {"xy", "x2y2"}) {
    const PlaneScan plane =
        lab.plane(landscape_subject(name), {{0, 1}}, toy,
                  {name, std::string(name) + ": convex along each axis, not jointly"});
    outcome.findings.push_back(
        convex_along_the_axes(std::string(name) + " is convex in x alone and in y alone", plane));
    outcome.findings.push_back(curves_down(claim, "... and not in both", plane));
  }
  const Dataset data = lab.keep("data", noise(40, 2, 701));
  const Subject linear = lab.network({.widths = "2-2-1", .activation = Activation::identity}, data,
                                     normal_numbers(9, 0.5, 703));
  const QuantitySet layers{loss, layer_min_eigenvalue, min_eigenvalue, min_eigenvalue_error,
                           eigenvalue_error};
  const PlaneScan plane =
      lab.plane(linear, {{}, 1.0, 704}, layers,
                {"linear", "a linear network: convex in each layer, not jointly"});
  outcome.findings.push_back(
      convex_in_each_layer("a 2-2-1 linear network is convex in each layer alone", plane));
  for (const char* layer : {"layer:1", "layer:2"}) {
    outcome.findings.push_back(convex_on_segments(
        claim, std::string("... also on segments in layer ") + layer[6],
        lab.random(restricted(linear, layer), "ball:2", 705,
                   {std::string("linear-") + layer[6], "a linear network, one layer's weights"})));
  }
  outcome.findings.push_back(curves_down(claim, "... and not in both", plane));
  const Subject curved = lab.network({.widths = "2-2-1"}, data, linear.theta, "tanh-weights");
  outcome.findings.push_back(
      curves_down(remark, "a tanh network is not even convex in its first layer alone",
                  lab.plane(restricted(curved, "layer:1"), {{}, 1.0, 706},
                            {loss, min_eigenvalue, min_eigenvalue_error, verdict},
                            {"tanh-layer", "the first layer of a tanh network alone"})));
  outcome.conclusion = "Being convex in each block says nothing about the products between blocks.";
  return outcome;
}

}  // namespace convexscan::experiments
