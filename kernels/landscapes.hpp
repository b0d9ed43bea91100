// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "convexscan/landscape.hpp"
#include "kernels/batch.hpp"

/// The built-in functions at every point, without the penalty; one thread for a point.
namespace convexscan::kernels {

inline constexpr std::int64_t most_landscape_parameters = 9;

/// value (points), curvature (3, points) and gradient (points, parameters); each may be null.
/// parameters ≤ most_landscape_parameters.
void landscape_values(LandscapeId id, std::int64_t parameters, Affine<double> theta,
                      Coordinates coordinates, std::int64_t points, double* value,
                      double* curvature, double* gradient, cudaStream_t stream);

}  // namespace convexscan::kernels
