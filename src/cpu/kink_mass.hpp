// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "convexscan/backend.hpp"

/// Where a network's loss is not convex although its second derivative says nothing against it: at
/// a kink of relu, leaky relu or elu the slope of the loss along a line jumps, and where it drops
/// no convex function and no smooth penalty can follow (docs/kinks.md).
namespace convexscan::cpu {

/// An evaluator that adds kink_mass to what the rest computes: at each point of the grid that
/// options.grid describes,
///   Σ min(0, jump of df/dx on [x, next x)) + Σ min(0, jump of df/dy on [y, next y)),
/// over the places where pre-activations or penalised parameters change sign between neighbours;
/// what jumps at one place is added first, and what is on a point of the grid up to rounding
/// belongs to the way that begins there. Float64 on the CPU, whatever the rest runs on. Throws
/// UsageError where options.grid is empty.
std::unique_ptr<Evaluator> with_kink_mass(std::unique_ptr<Evaluator> rest,
                                          const Objective& objective, const Slice& slice,
                                          const EvaluationOptions& options);

/// What the rest is asked for.
QuantitySet without_kink_mass(QuantitySet quantities);

/// Throws UsageError when kink_mass is asked of a landscape.
void refuse_kink_mass(const QuantitySet& quantities);

}  // namespace convexscan::cpu
