// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/device_verdicts.hpp"

namespace convexscan::cuda {

DeviceVerdicts::DeviceVerdicts(const Objective& objective, const DeviceContext& context,
                               const Slice& slice, DenseCurvature& dense)
    : dense_(dense), known_(objective, context, slice) {
  dense.reserve(1);
  PointDirections vector;
  vector.reserve(1, slice.parameter_count());
  const std::vector<double> origin(static_cast<std::size_t>(slice.axes()), 0.0);
  if (!dense.smallest_vectors(origin, 1, vector)) return;
  std::vector<double> direction(slice.origin.size());
  vector.vector.download(direction, context.queue());
  known_.add_eigenvector(direction);
}

std::vector<cpu::PointCurvature> DeviceVerdicts::at(std::span<const double> coordinates,
                                                    std::int64_t points) {
  std::vector<cpu::PointCurvature> curvatures(static_cast<std::size_t>(points));
  const Selection left = known_.settle(dense_.directional(), coordinates, curvatures);
  if (left.points.empty()) return curvatures;
  const std::vector<cpu::PointCurvature> rest = dense_.verdicts_at(left.coordinates, left.count());
  for (std::size_t k = 0; k < left.points.size(); ++k) curvatures[left.points[k]] = rest[k];
  return curvatures;
}

}  // namespace convexscan::cuda
