// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/backend.hpp"

/// What the tests of convexify and of its search for curvature share.
namespace convexscan {

/// The weights of λ‖θ‖².
inline std::vector<double> ones(const Objective& objective) {
  return std::vector<double>(static_cast<std::size_t>(objective.parameter_count()), 1.0);
}

inline double smallest_eigenvalue(Backend& backend, const std::vector<double>& theta) {
  return backend.point_values(theta, 1, {Quantity::min_eigenvalue})
      .at(Quantity::min_eigenvalue)
      .data.front();
}

}  // namespace convexscan
