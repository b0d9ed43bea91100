// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <memory>

#include "convexscan/backend.hpp"
#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// An evaluator of a network objective; data and context must outlive it.
template <class Real>
std::unique_ptr<Evaluator> make_network_evaluator(const Objective& objective,
                                                  const NetworkData<Real>& data,
                                                  const DeviceContext& context, const Slice& slice,
                                                  const QuantitySet& quantities);

}  // namespace convexscan::cuda
