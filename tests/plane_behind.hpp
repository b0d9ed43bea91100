// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include "random_networks.hpp"

namespace convexscan {

/// A plane whose axes leave the layers before x_first and y_first as they are.
inline Slice plane_behind(const Objective& objective, int x_first, int y_first) {
  const Model& model = objective.network()->model;
  Slice slice = random_slice(objective, 2);
  std::fill_n(slice.directions[0].begin(), model.weight_offset(x_first), 0.0);
  std::fill_n(slice.directions[1].begin(), model.weight_offset(y_first), 0.0);
  return slice;
}

/// A plane of two single parameters.
inline Slice axes_of(const Objective& objective, std::int64_t i, std::int64_t j) {
  Slice slice = random_slice(objective, 2);
  for (std::vector<double>& direction : slice.directions) std::ranges::fill(direction, 0.0);
  slice.directions[0][static_cast<std::size_t>(i)] = 1.5;
  slice.directions[1][static_cast<std::size_t>(j)] = -0.5;
  return slice;
}

}  // namespace convexscan
