// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/train.hpp"

#include <cmath>

#include "convexscan/error.hpp"
#include "minimization.hpp"

namespace convexscan {

TrainingResult train(Backend& backend, const Objective& objective, std::span<const double> theta,
                     const TrainingOptions& options, const TrainingProgress& progress) {
  TrainingResult result = minimize(
      objective.subset,
      [&](std::span<const double> at, std::span<double> gradient) {
        return backend.gradient(at, gradient);
      },
      theta, options, progress);
  if (result.iterations == 0 && !std::isfinite(result.loss)) {
    throw Error(
        "the loss is not finite at the starting weights; start from smaller ones, as with --init");
  }
  return result;
}

}  // namespace convexscan
