// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands/objective_options.hpp"
#include "convexscan/directions.hpp"

namespace convexscan::commands {

/// Which plane is scanned and where.
struct PlaneOptions {
  std::string x;
  std::string y;
  std::string directions;
  std::string normalize = "filter";
  bool scanned = true;  ///< or searched: --x and --y have no counts then

  void add_to(CLI::App& command);

  /// The files that --directions names: none of them may be the output.
  std::vector<std::string> files() const;
};

/// A plane (or a line, when there is one axis) with the coordinates to be scanned.
struct ScannedPlane {
  Plane plane;
  Axis x;
  Axis y;  ///< one value, 0, for a line

  Points points() const { return plane.slice.axes() == 1 ? line(x) : grid(x, y); }
  std::vector<Axis> axes() const {
    return plane.slice.axes() == 1 ? std::vector{x} : std::vector{x, y};
  }
};

/// Throws Error or UsageError when the options name no plane.
ScannedPlane make_plane(const PlaneOptions& options, const ObjectiveOptions& objective_options,
                        const Problem& problem);

}  // namespace convexscan::commands
