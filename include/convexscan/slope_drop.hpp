// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
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
  std::int64_t layer = 0;         ///< from 1 at the input, 0 for a landscape: whose …
  std::int64_t neuron = 0;        ///< … neuron is at its kink …
  std::int64_t sample = 0;        ///< … for this sample, both from 0
};

/// Whether slopes of the task jump in the scanned parameters: a landscape with a maximum in it, or
/// a layer of relu, leaky relu or elu (α ≠ 1) whose pre-activations they move.
bool has_kinks(const Objective& objective);

/// The largest drop among trials of a network: at random points of the region a random neuron's
/// weights are moved by the least that puts a random sample onto its kink. Where that leads out of
/// the region, as out of every plane, a kink that the sample meets on the way between two points of
/// the region is taken. On a landscape it is the place of the largest drop on a line between random
/// points, by halving. The slopes on both sides are compared at two distances, so that a drop is
/// told from a large curvature. Nothing where none is found, which is no proof that there is none.
/// Throws Interrupted when stop was set.
std::optional<SlopeDrop> find_slope_drop(Backend& backend, const Objective& objective,
                                         const SearchRegion& region, std::int64_t trials,
                                         std::uint64_t seed,
                                         const std::atomic<bool>* stop = nullptr);

}  // namespace convexscan
