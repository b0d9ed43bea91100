// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/train.hpp"

#include <cmath>
#include <vector>

#include "convexscan/error.hpp"
#include "minimization.hpp"

namespace convexscan {
namespace {

void require_finite(double loss) {
  if (std::isfinite(loss)) return;
  throw Error(
      "the loss is not finite at the starting weights; start from smaller ones, as with --init");
}

}  // namespace

void require_finite_loss(Backend& backend, std::span<const double> theta) {
  std::vector<double> gradient(theta.size());
  require_finite(backend.gradient(theta, gradient));
}

TrainingResult train(Backend& backend, const Objective& objective, std::span<const double> theta,
                     const TrainingOptions& options, const TrainingProgress& progress) {
  TrainingResult result = minimize(
      objective.subset,
      [&](std::span<const double> at, std::span<double> gradient) {
        return backend.gradient(at, gradient);
      },
      theta, options, progress);
  if (result.iterations == 0) require_finite(result.loss);
  return result;
}

}  // namespace convexscan
