// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cuda/dense_curvature.hpp"
#include "cuda/known_directions.hpp"

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

  void reserve(std::int64_t group) { known_.reserve(group); }
  std::vector<cpu::PointCurvature> at(std::span<const double> coordinates, std::int64_t points);

 private:
  DenseCurvature& dense_;
  KnownDirections known_;
};

}  // namespace convexscan::cuda
