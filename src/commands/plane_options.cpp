// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/plane_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <optional>

#include "commands/idle_options.hpp"
#include "commands/objective_options.hpp"
#include "convexscan/curvature.hpp"
#include "convexscan/error.hpp"
#include "convexscan/weights.hpp"
#include "named.hpp"

namespace convexscan::commands {
namespace {

constexpr std::int64_t default_count = 51;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = text.find(',', begin);
    parts.push_back(text.substr(begin, comma - begin));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

/// The ends of an axis that is searched: "min:max", whatever its count.
Axis parse_extent(const std::string& option, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
    throw UsageError(fmt::format(
        "{} {}: give min:max, as in -1:1; a region is searched, not scanned, and takes no count",
        option, text));
  }
  Axis axis;
  axis.minimum = parse_number(option, text.substr(0, colon));
  axis.maximum = parse_number(option, text.substr(colon + 1));
  if (axis.minimum > axis.maximum) {
    throw UsageError(fmt::format("{} {}: the minimum is above the maximum", option, text));
  }
  if (!std::isfinite(axis.maximum - axis.minimum)) {
    throw UsageError(fmt::format("{} {}: the range is too wide", option, text));
  }
  return axis;
}

Plane plane_through_files(const std::string& files, const Objective& objective) {
  const std::vector<std::string> paths = split(files);
  if (paths.size() != 3 || std::ranges::count(paths, std::string()) > 0) {
    throw UsageError("--directions points:a,b,c needs three weight files");
  }
  std::vector<std::vector<double>> points;
  points.reserve(paths.size());
  for (const std::string& path : paths) points.push_back(weights_of(path, objective));
  Plane plane = points_plane(points[0], points[1], points[2]);
  for (std::size_t k = 0; k < 3; ++k) {
    plane.marks[k].name = std::filesystem::path(paths[k]).stem().string();
  }
  return plane;
}

void refuse_subset(const Objective& objective, std::string_view directions) {
  if (static_cast<std::int64_t>(objective.subset.size()) != objective.parameter_count()) {
    throw UsageError(
        fmt::format("--directions {} moves every parameter; leave --parameters out", directions));
  }
}

/// What lies outside the scanned parameters stays where it is.
void restrict_to_subset(const Objective& objective, std::vector<std::vector<double>>& directions) {
  for (std::vector<double>& direction : directions) {
    std::vector<double> inside(direction.size(), 0.0);
    for (const std::int64_t i : objective.subset) {
      inside[static_cast<std::size_t>(i)] = direction[static_cast<std::size_t>(i)];
    }
    direction = std::move(inside);
  }
}

/// --normalize is about the length of random directions alone.
void refuse_idle_normalization(const ObjectiveOptions& options, Normalization normalization,
                               bool whole, bool random, const Objective& objective) {
  if (!options.given("--normalize")) return;
  if (whole) {
    throw UsageError(
        "--normalize is for random directions, and where only one or two parameters are scanned "
        "their axes are taken; leave it out, or add --directions random");
  }
  if (!random) throw UsageError("--normalize is for random directions; leave it out");
  if (objective.network() == nullptr && normalization != Normalization::none) {
    throw UsageError("--normalize: a --landscape has no filters or layers; leave it out");
  }
}

Plane choose_plane(const PlaneOptions& options, const ObjectiveOptions& objective_options,
                   const Problem& problem) {
  const Objective& objective = problem.objective;
  const Normalization normalization = parse_normalization(options.normalize);
  const bool one_axis = objective.subset.size() == 1;
  // A function of one or two scanned parameters is shown whole.
  const bool whole = options.directions.empty() && objective.subset.size() <= 2;
  const std::string text = options.directions.empty() ? "random" : options.directions;
  refuse_idle_normalization(objective_options, normalization, whole, text == "random", objective);
  if (whole) return axis_plane(objective, problem.theta, objective.subset);
  constexpr std::array<std::string_view, 6> names{"random",     "eigen", "points",
                                                  "trajectory", "file",  "axis"};
  const std::size_t colon = text.find(':');
  const std::size_t kind = index_of_name("--directions", text.substr(0, colon), names);
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (kind < 2 && colon != std::string::npos) {
    throw UsageError(fmt::format("--directions {}: {} takes nothing after it", text, names[kind]));
  }
  if (kind >= 2 && rest.empty()) {
    throw UsageError(fmt::format("--directions {}: say which, as in {}", names[kind],
                                 std::array{"points:a.npz,b.npz,c.npz", "trajectory:checkpoints",
                                            "file:d.npz", "axis:0,1"}[kind - 2]));
  }
  switch (kind) {
    case 0:
      return random_plane(objective, problem.theta, one_axis ? 1 : 2, normalization,
                          objective_options.seed);
    case 1: {
      if (one_axis) return axis_plane(objective, problem.theta, objective.subset);
      ExtremeEigenvectors ends = extreme_eigenvectors(objective, problem.theta);
      return given_plane(
          problem.theta, {std::move(ends.largest_direction), std::move(ends.smallest_direction)},
          fmt::format("eigenvectors of the largest ({:.4g}) and the smallest ({:.4g}) "
                      "eigenvalue at the centre",
                      ends.largest, ends.smallest));
    }
    case 2:
      refuse_subset(objective, "points");
      refuse_idle_weights(objective_options, "--directions points has three weight files");
      return plane_through_files(rest, objective);
    case 3: {
      refuse_subset(objective, "trajectory");
      refuse_idle_weights(objective_options, "--directions trajectory has its checkpoints");
      const NetworkTask* network = objective.network();
      return trajectory_plane(network != nullptr
                                  ? load_trajectory(rest, network->model)
                                  : load_trajectory(rest, objective.parameter_count()));
    }
    case 4: {
      auto directions = load_directions(rest, objective.parameter_count());
      restrict_to_subset(objective, directions);
      return given_plane(problem.theta, std::move(directions), fmt::format("from {}", rest));
    }
    default: {
      std::vector<std::int64_t> parameters;
      for (const std::string& part : split(rest)) {
        parameters.push_back(parse_whole_number("--directions axis", part));
      }
      if (parameters.size() > 2)
        throw UsageError("--directions axis:i,j takes one or two parameters");
      return axis_plane(objective, problem.theta, parameters);
    }
  }
}

}  // namespace

void PlaneOptions::add_to(CLI::App& command) {
  const std::string group = "Plane";
  const char* const form = scanned ? "min:max:count" : "min:max";
  command
      .add_option("--x", x,
                  fmt::format("coordinates along the first direction, both ends included (default: "
                              "{}, or around the marks)",
                              scanned ? fmt::format("-1:1:{}", default_count) : "-1:1"))
      ->group(group)
      ->type_name(form);
  command
      .add_option("--y", y,
                  "the same along the second (default: as --x, or around the marks where there are "
                  "any)")
      ->group(group)
      ->type_name(form);
  command
      .add_option(
          "--directions", directions,
          "what spans the plane (default: random; the axes, where only one or two parameters "
          "are scanned)")
      ->group(group)
      ->type_name("random|eigen|points:a,b,c|trajectory:DIR|file:d.npz|axis:i,j");
  command.add_option("--normalize", normalize, "length of random directions")
      ->group(group)
      ->type_name("filter|layer|none")
      ->capture_default_str();
}

std::vector<std::string> PlaneOptions::files() const {
  const std::size_t colon = directions.find(':');
  if (colon == std::string::npos) return {};
  const std::string kind = directions.substr(0, colon);
  const std::string rest = directions.substr(colon + 1);
  if (kind == "points") return split(rest);
  if (kind == "trajectory") return trajectory_files(rest);
  return kind == "file" ? std::vector{rest} : std::vector<std::string>{};
}

ScannedPlane make_plane(const PlaneOptions& options, const ObjectiveOptions& objective_options,
                        const Problem& problem) {
  // Coordinates first: they are cheap to get wrong.
  std::optional<Axis> x;
  std::optional<Axis> y;
  const auto parse = options.scanned ? parse_axis : parse_extent;
  if (!options.x.empty()) x = parse("--x", options.x);
  if (!options.y.empty()) y = parse("--y", options.y);
  ScannedPlane scanned{choose_plane(options, objective_options, problem), {}, {}};
  const auto [around_x, around_y] = enclosing_axes(scanned.plane, default_count);
  scanned.x = x.value_or(around_x);
  const bool marked = scanned.plane.marks.size() > 1;
  scanned.y = y.value_or(marked || !x ? around_y : *x);
  if (scanned.plane.slice.axes() == 1) {
    if (y) throw UsageError("--y: there is only one direction, so there is no second axis");
    scanned.y = Axis{0.0, 0.0, 1};
  }
  constexpr std::int64_t most_points = 100'000'000;
  if (scanned.x.count * scanned.y.count > most_points) {
    throw UsageError(fmt::format("{} x {} points are more than the {} of one scan", scanned.x.count,
                                 scanned.y.count, most_points));
  }
  return scanned;
}

}  // namespace convexscan::commands
