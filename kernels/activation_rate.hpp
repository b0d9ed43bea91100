// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "convexscan/activation.hpp"

namespace convexscan::kernels {

/// z ← σ(z), repetitions times, for count numbers: what a scan that does nothing else would take.
template <class Real>
void repeat_activation(Activation activation, std::int64_t count, std::int64_t repetitions, Real* z,
                       cudaStream_t stream);

}  // namespace convexscan::kernels
