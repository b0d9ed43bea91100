// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// The activations of a node of the network at theta (parameters): (samples, width), row-major.
std::vector<double> node_activations(const NetworkData<double>& data, const DeviceContext& context,
                                     const std::vector<double>& theta, int node);

}  // namespace convexscan::cuda
