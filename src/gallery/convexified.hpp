// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>
#include <vector>

#include "convexscan/most_negative_curvature.hpp"
#include "gallery/laboratory.hpp"

/// Losses that a penalty makes convex, and what their minimisers look like.
namespace convexscan {

/// A ball around the subject's point that holds every minimiser of f + λ‖θ − c‖², for this λ or a
/// larger one, and in which no curvature below −2λ was seen. As f ≥ 0, a minimiser has
/// λ‖θ − c‖² ≤ f(c).
struct ConvexifiedBall {
  double strength = 0.0;       ///< λ
  double radius = 0.0;         ///< √(f(c)/λ)
  NegativeCurvature smallest;  ///< eigenvalue of f's Hessian that the search saw in it
};

/// Doubles λ until a search of its ball for the most negative curvature finds none that it does not
/// make up for.
ConvexifiedBall convexified_ball(Laboratory& lab, const Subject& subject, std::uint64_t seed);

/// The minimisers of a penalised loss that were found from different starts.
struct Minimisers {
  std::vector<double> theta;  ///< of the lowest
  double accuracy = 0.0;      ///< there
  double curvature = 0.0;     ///< the smallest eigenvalue of the penalised loss there
  double curvature_error = 0.0;
  double gradient_norm = 0.0;  ///< the largest of all
  double apart = 0.0;          ///< the largest distance of one from the lowest

  /// Two places with these gradients are no further apart where the curvature is not smaller: a
  /// strongly convex function of modulus μ has ‖θ − θ*‖ ≤ ‖∇f‖/μ (Boyd & Vandenberghe 2004,
  /// §9.1.2).
  double resolution() const { return 2.0 * gradient_norm / (curvature - curvature_error); }
};

/// From lab.starts() points, normal with the deviation around the subject's.
Minimisers minimisers(Laboratory& lab, const Subject& subject, double deviation,
                      std::uint64_t seed);

/// The neurons of a network's only hidden layer, each with its input weights, bias and output
/// weights: (neurons, numbers).
std::vector<std::vector<double>> neurons(const Model& model, const std::vector<double>& theta);

/// The largest and the smallest distance between two neurons, and the length of the longest.
struct NeuronDistances {
  double largest = 0.0;
  double smallest = 0.0;
  double longest = 0.0;
};
NeuronDistances distances(const std::vector<std::vector<double>>& neurons);

}  // namespace convexscan
