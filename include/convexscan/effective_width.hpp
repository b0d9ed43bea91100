// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "convexscan/objective.hpp"

namespace convexscan {

/// How many neurons of a hidden layer do different things.
struct LayerWidth {
  std::int64_t neurons = 0;
  std::int64_t dead = 0;             ///< contribute nothing but a constant
  std::int64_t distinct = 0;         ///< of the others, different functions up to sign
  double participation_ratio = 0.0;  ///< (Σμ)²/Σμ² of what the layer passes on; 0 if all are dead
};

/// The effective width of every hidden layer at theta (parameters), judged by what its neurons do
/// on the data: a network is reducible exactly where a neuron is constant, reaches nothing, or
/// equals another up to sign (Sussmann 1992, doi:10.1016/S0893-6080(05)80037-1).
///
/// With a_i the outputs of neuron i over the samples, less their mean, and w_i the weights out of
/// it, its contribution is rms(a_i)·‖w_i‖. It is dead when that is at most tolerance times the
/// layer's largest contribution, or in the last hidden layer times the unit of the outputs if that
/// is larger: the spread of the targets for mse and huber, 1 for logits. So is every neuron of a
/// layer that leads to dead ones alone. Two that are not are one when a_i and ±a_j
/// differ by at most tolerance times the larger of their rms; for activations with σ(kz) = kσ(z), k
/// > 0, when that holds after scaling both to the same rms, since such neurons can be merged as
/// well.
///
/// The participation ratio is that of the eigenvalues μ of the covariance of the contributions of
/// neurons that are not dead: 1 when all move together, their number when none do.
std::vector<LayerWidth> effective_widths(const NetworkTask& task, std::span<const double> theta,
                                         double tolerance);

}  // namespace convexscan
