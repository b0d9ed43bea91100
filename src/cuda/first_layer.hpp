// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// The first layer's pre-activations z (batch, outputs, data.stride), bias included, for parameters
/// theta (batch, data.parameters), all in device memory. A member's bits do not depend on the
/// batch.
template <class Real>
void first_pre_activations(const NetworkData<Real>& data, const DeviceContext& context,
                           const Real* theta, std::int64_t batch, Real* z);

}  // namespace convexscan::cuda
