// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <optional>
#include <vector>

#include "convexscan/curvature.hpp"
#include "cpu/curvature_probe.hpp"

namespace convexscan::cpu {

/// Whether the directions move scanned parameters only, so that their curvature is the Hessian's.
bool within_subset(const Objective& objective, const Slice& slice);

/// The direction of least curvature in a plane, as coordinates of length 1, by the curvatures along
/// its axes and their sum; none unless the curvature takes both signs there.
std::optional<std::array<double, 2>> least_curved(double x, double y, double sum);

/// The cheapest proofs of negative curvature: vᵀHv + its error < 0 in a few directions v that are
/// known before a point is looked at, with no product and no matrix. They are an eigenvector of H
/// at the slice's origin, which is asked alone, since near the origin it proves most; then the
/// slice's axes and, on a plane, the direction of its least curvature.
class KnownDirections {
 public:
  /// eigenvector (subset), or empty where there is none. The objective and the data must outlive
  /// it.
  KnownDirections(const Objective& objective, const NetworkData<double>& data,
                  const SliceMagnitudes& magnitudes, const Slice& slice,
                  const std::vector<double>& eigenvector);
  KnownDirections(const KnownDirections&) = delete;
  KnownDirections& operator=(const KnownDirections&) = delete;

  /// SettledBy::eigenvector or SettledBy::plane where one of them proves it at the coordinates.
  std::optional<SettledBy> curve_down(const double* coordinates, Prober& prober) const;

 private:
  std::optional<Probe> centre_;
  std::optional<Probe> plane_;
  std::vector<Probe::Direction> eigenvector_;  ///< one or none
  std::vector<Probe::Direction> axes_;         ///< and on a plane their sum
};

}  // namespace convexscan::cpu
