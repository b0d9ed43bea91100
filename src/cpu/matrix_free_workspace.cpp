// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/matrix_free_workspace.hpp"

namespace convexscan::cpu {

MatrixFreeWorkspace::MatrixFreeWorkspace(const Objective& objective,
                                         const NetworkSlice<double>& network,
                                         const SliceMagnitudes& magnitudes, const Slice& slice)
    : objective_(objective),
      network_(network),
      magnitudes_(magnitudes),
      slice_(slice),
      product_(objective, network.data, slice),
      factors_(network.data),
      prober_(objective, network, magnitudes, slice, factors_),
      theta_(static_cast<std::size_t>(network.parameters)),
      magnitude_(theta_.size()),
      underflow_(network.data.task, slice) {}

const RitzPairs& MatrixFreeWorkspace::ritz_pairs(const double* coordinates,
                                                 const std::vector<double>& start,
                                                 const LanczosLimits& limits) {
  product_.set_point(coordinates);
  return lanczos_([&](const double* x, double* y) { product_.apply(x, 1, y); }, start, limits);
}

double MatrixFreeWorkspace::product_error(const double* coordinates) {
  network_.weights_at(coordinates, 0, theta_.data());
  magnitudes_.at(coordinates, magnitude_.data());
  const HessianPoint point{network_, magnitudes_, coordinates, theta_.data(), magnitude_.data()};
  return cpu::product_error(objective_, slice_, underflow_, point, factors_, sizes_);
}

}  // namespace convexscan::cpu
