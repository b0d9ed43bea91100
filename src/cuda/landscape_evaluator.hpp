// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "convexscan/backend.hpp"
#include "cuda/owned.hpp"

namespace convexscan::cuda {

/// An evaluator of a built-in function on the given stream, which must outlive it.
std::unique_ptr<Evaluator> make_landscape_evaluator(const Objective& objective, cudaStream_t stream,
                                                    const Slice& slice,
                                                    const QuantitySet& quantities,
                                                    const EvaluationOptions& options);

/// f(θ) and its gradient (parameters), penalty included.
double landscape_gradient(const Objective& objective, cudaStream_t stream,
                          std::span<const double> theta, std::span<double> gradient);

}  // namespace convexscan::cuda
