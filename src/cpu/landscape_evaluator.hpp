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

/// The lower triangle of the Hessian in the subset, row-major, penalty included. Returns an
/// estimate of the rounding in it: the sizes of the derivatives that jets add up are not known one
/// by one.
double landscape_hessian(const Objective& objective, const Slice& slice, const double* coordinates,
                         std::vector<double>& matrix);

double landscape_gradient(const Objective& objective, std::span<const double> theta,
                          std::span<double> gradient);

}  // namespace convexscan::cpu
