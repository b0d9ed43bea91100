// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "convexscan/backend.hpp"
#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// An evaluator of a network objective; data and context must outlive it. double_data holds the
/// same data in float64, for eigenvalues, which are float64 whatever the precision; null when none
/// is asked for.
template <class Real>
std::unique_ptr<Evaluator> make_network_evaluator(const Objective& objective,
                                                  const NetworkData<Real>& data,
                                                  const NetworkData<double>* double_data,
                                                  const DeviceContext& context, const Slice& slice,
                                                  const QuantitySet& quantities,
                                                  const EvaluationOptions& options);

}  // namespace convexscan::cuda
