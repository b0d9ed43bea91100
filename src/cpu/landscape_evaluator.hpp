// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>
#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan::cpu {

/// An evaluator of a built-in function; the objective must outlive it.
std::unique_ptr<Evaluator> make_landscape_evaluator(const Objective& objective, const Slice& slice,
                                                    const QuantitySet& quantities,
                                                    const EvaluationOptions& options);

double landscape_gradient(const Objective& objective, std::span<const double> theta,
                          std::span<double> gradient);

}  // namespace convexscan::cpu
