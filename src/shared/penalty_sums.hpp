// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

namespace convexscan::shared {

/// A penalty at a point of a slice with its derivatives along the axes.
struct PenaltyJet {
  double value = 0.0;
  double slope[2] = {0.0, 0.0};
  double curvature[3] = {0.0, 0.0, 0.0};  ///< (xx, xy, yy)
};

PenaltyJet penalty_jet(const Penalty& penalty, const Slice& slice, const double* coordinates);

/// The value; its gradient (parameters) is added to gradient.
double add_penalty_gradient(const Penalty& penalty, std::span<const double> theta,
                            std::span<double> gradient);

}  // namespace convexscan::shared
