// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cpu/value_with_error.hpp"
#include "cuda/sample_factors.hpp"
#include "shared/underflow.hpp"

namespace convexscan::cuda {

/// Vectors in parameter space whose curvature is looked at; in device memory.
struct Directions {
  const double* vector = nullptr;
  const double* magnitude = nullptr;  ///< size of what the vector was rounded from
  std::int64_t stride = 0;            ///< from point to point; 0: one for all
  int roundings = 2;                  ///< of a product with an entry, besides its sum's
  double size = 0.0;                  ///< at least the sum of the magnitudes
};

/// The same in host memory, which the penalty's curvature is computed from; null without penalty.
struct HostDirections {
  const double* vector = nullptr;
  const double* magnitude = nullptr;
};

/// Directions of which each point has its own, in device memory.
struct PointDirections {
  void reserve(std::int64_t points, std::int64_t parameters) {
    vector.reserve(points * parameters);
    magnitude.reserve(points * parameters);
    square.reserve(points);
  }
  DeviceBuffer<double> vector;     ///< (points, parameters)
  DeviceBuffer<double> magnitude;  ///< (points, parameters)
  DeviceBuffer<double> square;     ///< (points): lengths
};

/// vᵀ∇²f v with bounds on its error, without a matrix.
class DirectionalCurvature {
 public:
  /// Both must outlive it.
  DirectionalCurvature(const Objective& objective, SampleFactors& factors);

  std::int64_t bytes_per_point() const;
  void reserve(std::int64_t group);

  /// Penalty included, at points (at most a group) for several directions: (directions, points).
  std::vector<cpu::ValueWithError> at(std::span<const double> coordinates, std::int64_t points,
                                      std::span<const Directions> directions,
                                      std::span<const HostDirections> host);

  /// At each point a bound on the error of Hessian-vector products: cpu::product_error.
  std::vector<double> product_errors(std::span<const double> coordinates, std::int64_t points);

  /// vᵀ∇²f v / vᵀv at each point for its own direction.
  std::vector<cpu::ValueWithError> rayleigh(std::span<const double> coordinates,
                                            std::int64_t points, const PointDirections& directions);

 private:
  std::vector<cpu::ValueWithError> of_loss(std::span<const double> coordinates, std::int64_t points,
                                           std::span<const Directions> directions);

  const Objective& objective_;
  SampleFactors& factors_;
  const shared::UnderflowBound underflow_;
  DeviceBuffer<double> forms_;    ///< (directions, 2, points)
  DeviceBuffer<double> partial_;  ///< (points, 3, columns)
  DeviceBuffer<double> norms_;    ///< (points, depth)
};

}  // namespace convexscan::cuda
