// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/search_region.hpp"

namespace convexscan {

/// A place where the slope along a line drops at a kink. No finite λ makes f + λ‖θ‖² convex there:
/// a smooth penalty bends, it cannot undo a corner.
struct SlopeDrop {
  std::vector<double> theta;      ///< (parameters): on the kink
  std::vector<double> direction;  ///< (parameters), of unit length
  double before = 0.0;            ///< the slope along the direction, just before …
  double after = 0.0;             ///< … and just behind theta; smaller
  std::int64_t layer = 0;         ///< from 1 at the input: whose …
  std::int64_t neuron = 0;        ///< … neuron is at its kink …
  std::int64_t sample = 0;        ///< … for this sample, both from 0
};

/// Whether the network has an activation whose slope jumps.
bool has_kinks(const NetworkTask& task);

/// The largest drop among trials: at random points of the region a random neuron's weights are
/// moved by the least that puts a random sample onto its kink, and the slopes on both sides are
/// compared at two distances, so that a drop is told from a large curvature. Nothing where none is
/// found, which is no proof that there is none.
std::optional<SlopeDrop> find_slope_drop(Backend& backend, const Objective& objective,
                                         const SearchRegion& region, std::int64_t trials,
                                         std::uint64_t seed);

}  // namespace convexscan
