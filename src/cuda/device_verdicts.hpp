// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cuda/dense_curvature.hpp"

namespace convexscan::cuda {

/// Verdicts with the cheapest proof first, for a group of points at once: what a stage settles
/// leaves the group before the next one. See src/cpu/verdict_cascade.hpp; here the factorisation
/// follows the diagonal, and breaks down with a witness.
///
/// Which points are left is a list on the host, where verdicts end up anyway: a stage brings down
/// 16 bytes for each direction and point, a value and its bound, and takes up 20 for each point
/// that is left, an index and coordinates. Beside the 6·N·P operations of the cheapest stage that
/// is nothing, and compacting on the device would save neither, since Hessians are not moved but
/// addressed by the list.
class DeviceVerdicts {
 public:
  /// All must outlive it.
  DeviceVerdicts(const Objective& objective, const DeviceContext& context, const Slice& slice,
                 DenseCurvature& dense);

  void reserve(std::int64_t group);
  std::vector<cpu::PointCurvature> at(std::span<const double> coordinates, std::int64_t points);

 private:
  /// A direction that is the same at every point.
  struct Fixed {
    SettledBy stage;
    std::vector<double> vector;
    std::vector<double> magnitude;
    DeviceBuffer<double> device;  ///< vector, then magnitude
  };
  void add_fixed(SettledBy stage, std::vector<double> vector, std::vector<double> magnitude);

  /// Points of the group as indices and rows of coordinates.
  struct Selection {
    std::vector<std::size_t> points;
    std::vector<double> coordinates;
    std::int64_t count() const { return static_cast<std::int64_t>(points.size()); }
  };
  void select(std::span<const double> coordinates, std::size_t point, Selection& selection) const;

  Selection settle_along_fixed(std::span<const double> coordinates, std::int64_t points,
                               std::vector<cpu::PointCurvature>& curvatures);
  void settle_in_plane(const Selection& selection, std::span<const double> angles,
                       std::vector<cpu::PointCurvature>& curvatures);

  const Objective& objective_;
  const DeviceContext& context_;
  const Slice& slice_;
  DenseCurvature& dense_;
  std::vector<Fixed> fixed_;
  int plane_directions_ = 0;  ///< x, y and x + y on a plane
  DeviceBuffer<double> angles_;
  DeviceBuffer<double> zeros_;
  PointDirections least_;
};

}  // namespace convexscan::cuda
