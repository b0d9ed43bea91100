// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

namespace convexscan {

/// How long a random direction is.
/// filter: each row of W gets the norm of that row of the weights, each bias vector the norm of the
/// layer's biases (Li et al. 2018, §3; theirs leaves biases out or moves along the bias itself);
/// layer: each W and each b gets the norm of its counterpart; none: standard normal entries.
/// What is zero in the weights is zero in the direction.
enum class Normalization { filter, layer, none };

/// Throws UsageError with the near miss.
Normalization parse_normalization(std::string_view text);

/// A place to draw on a plane.
struct PlaneMark {
  std::string name;
  double x = 0.0;
  double y = 0.0;
  double out_of_plane = 0.0;  ///< distance in parameter space of the real point from the plane
  bool on_path = false;       ///< part of a trajectory, in order
};

struct Plane {
  Slice slice;
  std::vector<PlaneMark> marks;
  std::string description;
};

/// axes normal directions from the seed, zero outside the subset. Throws Error where the weights
/// give them no length, or one beyond float64.
Plane random_plane(const Objective& objective, std::span<const double> origin, int axes,
                   Normalization normalization, std::uint64_t seed);

/// Unit vectors of single parameters. Throws UsageError when one is not a scanned parameter.
Plane axis_plane(const Objective& objective, std::span<const double> origin,
                 std::span<const std::int64_t> parameters);

/// The plane through three points: a at (0, 0), b at (1, 0), c above the x axis; both axes are as
/// long as b − a, so that lengths on the plane are lengths in parameter space. Throws Error when
/// the points lie on a line, or so far apart that float64 has no coordinates for them.
Plane points_plane(std::span<const double> a, std::span<const double> b, std::span<const double> c);

/// The plane of the two leading principal components of checkpoints relative to the last one
/// (Li et al. 2018, §7.2), through the last one; axes of unit length, so that coordinates are
/// distances. Throws Error with fewer than three different checkpoints, and where they lie too far
/// apart for float64.
Plane trajectory_plane(const std::vector<std::pair<std::string, std::vector<double>>>& checkpoints);

/// Directions as given, through the origin. Throws Error for one that is zero and for two that are
/// parallel.
Plane given_plane(std::span<const double> origin, std::vector<std::vector<double>> directions,
                  std::string description);

/// Coordinates that show every mark with a margin, the same spacing on both axes as far as counts
/// allow: what `--x` and `--y` default to when a plane has marks.
std::pair<Axis, Axis> enclosing_axes(const Plane& plane, std::int64_t count);

}  // namespace convexscan
