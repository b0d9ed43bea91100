// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "kernels/batch.hpp"

namespace convexscan::kernels {

/// out (points, count) = origin + Σ_j c_j·direction_j: the parameters of every point of a group.
/// Points may have origins of their own.
template <class Real>
void point_weights(Affine<Real> parameters, Coordinates coordinates, std::int64_t points,
                   std::int64_t count, Real* out, cudaStream_t stream);

}  // namespace convexscan::kernels
