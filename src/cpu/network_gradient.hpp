// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "convexscan/objective.hpp"
#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// f(θ) and its gradient (parameters). Threads share the samples.
double network_gradient(const Objective& objective, const NetworkData<double>& data,
                        std::span<const double> theta, std::span<double> gradient);

/// The same bits at thetas (points, parameters): losses (points) and gradients (points,
/// parameters). Threads share the points where there are enough of them.
void network_gradients(const Objective& objective, const NetworkData<double>& data,
                       std::span<const double> thetas, std::span<double> losses,
                       std::span<double> gradients);

}  // namespace convexscan::cpu
