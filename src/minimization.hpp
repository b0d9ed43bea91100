// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <functional>
#include <span>

#include "convexscan/train.hpp"

namespace convexscan {

/// f at theta (parameters); writes its gradient (parameters).
using GradientFunction =
    std::function<double(std::span<const double> theta, std::span<double> gradient)>;

/// Minimises the function from theta by L-BFGS over objective.subset. Where the loss is not finite
/// at theta, it ends there and says so. Throws what the function throws.
TrainingResult minimize(const Objective& objective, const GradientFunction& function,
                        std::span<const double> theta, const TrainingOptions& options,
                        const TrainingProgress& progress = {});

}  // namespace convexscan
