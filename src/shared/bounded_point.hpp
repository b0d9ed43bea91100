// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/slice.hpp"
#include "shared/bounded_value.hpp"

namespace convexscan::shared {

/// θ = origin + Σ c_j·direction_j as Slice::at computes it, (parameters), with its roundings.
inline std::vector<BoundedValue> bounded_point(const Slice& slice, const double* coordinates) {
  std::vector<BoundedValue> theta(slice.origin.begin(), slice.origin.end());
  for (std::size_t j = 0; j < slice.directions.size(); ++j) {
    const BoundedValue c = coordinates[j];
    for (std::size_t i = 0; i < theta.size(); ++i) {
      theta[i] = theta[i] + c * BoundedValue(slice.directions[j][i]);
    }
  }
  return theta;
}

}  // namespace convexscan::shared
