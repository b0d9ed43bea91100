// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan {

struct TrainingOptions {
  int max_iterations = 1000;
  double gradient_tolerance = 1e-6;  ///< stop when ‖∇f‖ ≤ tolerance · max(1, min(‖θ‖, 10√P))
};

/// Where a minimisation ended, and why.
struct TrainingResult {
  std::vector<double> theta;  ///< (parameters)
  double loss = 0.0;
  double gradient_norm = 0.0;  ///< in the parameters that were free to move
  int iterations = 0;
  int evaluations = 0;
  bool converged = false;
  std::string reason;
};

/// Told of every iterate: its number, θ, loss and gradient norm. Returns false to stop.
using TrainingProgress = std::function<bool(int iteration, std::span<const double> theta,
                                            double loss, double gradient_norm)>;

/// Throws Error where the loss is not finite at theta (parameters): no training starts there.
void require_finite_loss(Backend& backend, std::span<const double> theta);

/// Minimises the objective from theta by full-batch L-BFGS (Liu & Nocedal 1989) over
/// objective.subset; the other parameters stay. Deterministic.
/// Throws Error as require_finite_loss does.
TrainingResult train(Backend& backend, const Objective& objective, std::span<const double> theta,
                     const TrainingOptions& options, const TrainingProgress& progress = {});

}  // namespace convexscan
