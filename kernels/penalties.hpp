// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "convexscan/objective.hpp"
#include "kernels/batch.hpp"

/// The penalty at every point, always in double.
namespace convexscan::kernels {

struct PenaltyTask {
  const PenaltyTerm* terms = nullptr;  ///< (count), in device memory
  std::int64_t count = 0;
  const double* centre = nullptr;  ///< (parameters), or null
  Affine<double> theta;            ///< (parameters)
  std::int64_t parameters = 0;
  std::int64_t places = 0;  ///< 0, or points of each of many slices whose parts of theta lie one
                            ///< behind the other; coordinates are then those of the places
};

/// value (points) += the penalty.
void add_penalty_values(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                        double* value, cudaStream_t stream);

/// curvature (3, points) += second derivatives xx, xy, yy along the axes.
void add_penalty_curvatures(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                            double* curvature, cudaStream_t stream);

/// norm (points) = ‖(gradient/divisor + the penalty's gradient) restricted to subset (count)‖;
/// gradient (points, parameters) of the summed loss.
void gradient_norms(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                    const double* gradient, double divisor, const std::int64_t* subset,
                    std::int64_t count, double* norm, cudaStream_t stream);

/// seconds (points, count) = the penalty's second derivatives in the parameters of subset (count).
void penalty_seconds(const PenaltyTask& task, Coordinates coordinates, std::int64_t points,
                     const std::int64_t* subset, std::int64_t count, double* seconds,
                     cudaStream_t stream);

}  // namespace convexscan::kernels
