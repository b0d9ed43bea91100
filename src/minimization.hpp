// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "convexscan/starts.hpp"

namespace convexscan {

/// f at theta (parameters); writes its gradient (parameters).
using GradientFunction =
    std::function<double(std::span<const double> theta, std::span<double> gradient)>;

/// Minimises the function from theta by L-BFGS over the parameters in subset; the others stay. The
/// norms of the stopping rule are over subset, and P is its size.
/// Where the loss is not finite at theta, it ends there and says so. Throws what the function
/// throws.
TrainingResult minimize(std::span<const std::int64_t> subset, const GradientFunction& function,
                        std::span<const double> theta, const TrainingOptions& options,
                        const TrainingProgress& progress = {});

/// f at thetas (points, parameters): losses (points) and gradients (points, parameters).
using BatchFunction = std::function<void(std::span<const double> thetas, std::span<double> losses,
                                         std::span<double> gradients)>;

/// train_starts of any function: starts (count, parameters).
std::vector<TrainingResult> minimize_starts(std::int64_t parameters,
                                            std::span<const std::int64_t> subset,
                                            const BatchFunction& function,
                                            std::span<const double> starts,
                                            const TrainingOptions& options,
                                            const StartsProgress& progress = {});

}  // namespace convexscan
