// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "convexscan/curvature.hpp"
#include "cpu/point_curvature.hpp"
#include "cuda/directional_curvature.hpp"

namespace convexscan::cuda {

/// Some points of a group: their indices and rows of coordinates.
struct Selection {
  std::vector<std::size_t> points;
  std::vector<double> coordinates;

  std::int64_t count() const { return static_cast<std::int64_t>(points.size()); }
  /// Adds the point whose row it is.
  void add(std::size_t point, std::span<const double> row) {
    points.push_back(point);
    coordinates.insert(coordinates.end(), row.begin(), row.end());
  }
};

/// Proofs of negative curvature along directions that are known before a point is looked at, for a
/// group of points at once; see src/cpu/known_directions.hpp.
class KnownDirections {
 public:
  /// Takes the plane's. All must outlive it.
  KnownDirections(const Objective& objective, const DeviceContext& context, const Slice& slice);

  /// Adds an eigenvector at the slice's origin (parameters), zero outside the subset.
  void add_eigenvector(const std::vector<double>& vector);

  /// At most so many points at once from now on.
  void reserve(std::int64_t group);
  static std::int64_t bytes_per_point(std::int64_t parameters);

  /// Writes the verdicts and stages that are proved, and returns the points that are left. As many
  /// coordinates as there are curvatures.
  Selection settle(DirectionalCurvature& directional, std::span<const double> coordinates,
                   std::vector<cpu::PointCurvature>& curvatures);

 private:
  /// A direction that is the same at every point.
  struct Fixed {
    Fixed(std::vector<double> vector, std::vector<double> magnitude, cudaStream_t stream);
    std::vector<double> vector;
    std::vector<double> magnitude;
    double size;                  ///< the sum of the magnitudes
    DeviceBuffer<double> device;  ///< vector, then magnitude
  };
  /// (directions, points of the selection)
  std::vector<cpu::ValueWithError> forms(DirectionalCurvature& directional,
                                         const Selection& selection, std::span<const Fixed> along,
                                         int roundings) const;
  /// values: those along the axes and their sum, at the open points.
  void settle_in_plane(DirectionalCurvature& directional, const Selection& open,
                       std::span<const cpu::ValueWithError> values,
                       std::vector<cpu::PointCurvature>& curvatures);

  const Objective& objective_;
  const DeviceContext& context_;
  const Slice& slice_;
  std::vector<Fixed> eigenvector_;  ///< one or none
  std::vector<Fixed> axes_;         ///< and on a plane their sum
  DeviceBuffer<double> angles_;
  DeviceBuffer<double> zeros_;
  PointDirections least_;
};

}  // namespace convexscan::cuda
