// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "convexscan/curvature.hpp"
#include "files/named_maps.hpp"
#include "files/result_variables.hpp"

namespace convexscan {
namespace {

std::string axis_line(const char* name, const std::vector<double>& values) {
  return fmt::format("{}: {} to {}, {} value{}", name, values.front(), values.back(), values.size(),
                     values.size() == 1 ? "" : "s");
}

std::string range_line(const NamedMap& map) {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  std::int64_t not_finite = 0;
  for (const double value : map.data) {
    if (!std::isfinite(value)) {
      ++not_finite;
      continue;
    }
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  const std::string range = lowest > highest ? std::string("no finite value")
                                             : fmt::format("{:.6g} to {:.6g}", lowest, highest);
  const std::string gaps = not_finite == 0 ? "" : fmt::format(", {} not finite", not_finite);
  return fmt::format("{}: {}{}", map.name, range, gaps);
}

std::string verdict_line(const NamedMap& map) {
  std::array<std::int64_t, 3> counts{};
  for (const double value : map.data) ++counts[value == 1.0 ? 1 : value == 2.0 ? 2 : 0];
  return fmt::format("verdict: {} locally convex, {} not convex, {} undecided", counts[1],
                     counts[2], counts[0]);
}

/// points: how many were scanned in that time, or 0 where that is not what took it.
std::vector<std::string> lines_of(const Provenance& p, std::int64_t points) {
  std::vector<std::string> lines;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) lines.push_back(fmt::format("{}: {}", name, value));
  };
  line("model", p.model);
  line("objective", p.objective);
  line("penalty", p.penalty);
  line("parameters", p.parameters_subset);
  line("directions", p.directions);
  line("command", p.command_line);
  line("made", p.created);
  line("version", p.version);
  line("device", p.device);
  line("precision", p.precision);
  line("losses", p.loss_path);
  if (!p.eigensolver.empty()) {
    line("eigensolver", fmt::format("{} ({})", p.eigensolver, p.eigensolver_reason));
  }
  line("seed", std::to_string(p.seed));
  line("model hash", p.model_hash);
  line("data hash", p.data_hash);
  if (p.elapsed_seconds > 0.0) {
    const double rate = static_cast<double>(points) / p.elapsed_seconds;
    line("time", fmt::format("{:.5g} s{}", p.elapsed_seconds,
                             points > 0 ? fmt::format(", {:.5g} points/s", rate) : ""));
  }
  return lines;
}

/// What settled how many points.
std::string stages_line(const NamedMap& map) {
  std::array<std::int64_t, settled_by_count> counts{};
  for (const double value : map.data) {
    const bool known = value >= 0.0 && value < static_cast<double>(settled_by_count);
    ++counts[known ? static_cast<std::size_t>(value) : 0];
  }
  std::vector<std::string> stages;
  for (std::size_t stage = 0; stage < counts.size(); ++stage) {
    if (counts[stage] == 0) continue;
    stages.push_back(fmt::format("{} by {}", counts[stage], name(static_cast<SettledBy>(stage))));
  }
  return fmt::format("settled_by: {}", fmt::join(stages, ", "));
}

std::string map_line(const NamedMap& map) {
  if (map.name == info(Quantity::verdict).name) return verdict_line(map);
  if (map.name == info(Quantity::settled_by).name) return stages_line(map);
  return range_line(map);
}

}  // namespace

std::vector<std::string> describe(const SegmentResult& result) {
  const std::int64_t points = result.segments * static_cast<std::int64_t>(result.t.size());
  std::vector<std::string> lines = lines_of(result.provenance, points);
  lines.push_back(fmt::format("segments: {} of {} points", result.segments, result.t.size()));
  for (const auto& [quantity, values] : result.values) {
    if (values.components == 1) {
      lines.push_back(map_line({std::string(info(quantity).name), values.data}));
    }
  }
  for (const std::vector<DerivedMap>* maps : {&result.derived, &result.per_segment}) {
    for (const DerivedMap& map : *maps) lines.push_back(map_line({map.name, map.data}));
  }
  if (result.worst >= 0) {
    const auto w = static_cast<std::size_t>(3 * result.worst);
    lines.push_back(fmt::format("witness: segment {}, t = {:.6g}, {:.6g}, {:.6g}", result.worst,
                                result.witness.at(w), result.witness.at(w + 1),
                                result.witness.at(w + 2)));
  }
  return lines;
}

std::vector<std::string> describe_convexify(const std::filesystem::path& path) {
  const netcdf::Reader file(path);
  std::vector<std::string> lines = lines_of(read_provenance(file), 0);
  for (const char* name : {"region", "added_penalty", "unbounded_term"}) {
    const std::string text = file.text("", name);
    if (!text.empty()) lines.push_back(fmt::format("{}: {}", name, text));
  }
  lines.push_back(fmt::format("lambda_star: {:.9g}", file.number("lambda_star")));
  const std::string measure =
      file.has("witness") ? file.text("witness", "eigenvalue_of") : std::string();
  if (file.has("witness")) {
    lines.push_back(fmt::format("most negative curvature: {:.9g}{}, within {:.2g}",
                                file.number("eigenvalue", "witness"), measure,
                                file.number("eigenvalue_error", "witness")));
  }
  if (file.has("slope_drop")) {
    lines.push_back(fmt::format("slope drops from {:.6g} to {:.6g} at a kink: no lambda is enough",
                                file.number("slope_before", "slope_drop"),
                                file.number("slope_after", "slope_drop")));
  }
  const std::size_t starts = file.length("start");
  lines.push_back(fmt::format("levels: {} of {} starts", file.length("level"), starts));
  const std::vector<double> lambda = file.numbers("lambda");
  const std::vector<double> smallest = file.numbers("smallest_eigenvalue");
  const std::vector<double> distance = file.numbers("largest_distance");
  const std::vector<double> best = file.numbers("best_start");
  const std::vector<double> losses = file.numbers("loss");
  for (std::size_t l = 0; l < lambda.size(); ++l) {
    if (!(best.at(l) >= 0.0 && best.at(l) < static_cast<double>(starts))) {
      file.fail("is damaged: best_start names no start");
    }
    const std::size_t k = l * starts + static_cast<std::size_t>(best.at(l));
    std::string line = fmt::format("lambda {:.4g}: smallest eigenvalue {:.4g}{}, loss {:.6g}",
                                   lambda[l], smallest.at(l), measure, losses.at(k));
    if (file.has("accuracy"))
      line += fmt::format(", accuracy {:.4f}", file.numbers("accuracy").at(k));
    line += fmt::format(", distance {:.3g}", distance.at(l));
    if (file.has("distinct_neurons")) {
      const std::vector<double> distinct = file.numbers("distinct_neurons");
      const std::vector<double> neurons = file.numbers("neurons");
      for (std::size_t layer = 0; layer < neurons.size(); ++layer) {
        line += fmt::format(", width of layer {} {:g} of {:g}", layer + 1,
                            distinct.at(k * neurons.size() + layer), neurons[layer]);
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> describe(const GridResult& result) {
  std::vector<std::string> lines = lines_of(result.provenance, result.points());
  lines.push_back(axis_line("x", result.x));
  lines.push_back(axis_line("y", result.y));
  lines.push_back(
      fmt::format("points: {}, {} not finite", result.points(), not_finite_points(result)));
  for (const NamedMap& map : named_maps(result)) lines.push_back(map_line(map));
  if (const auto vectors = result.values.find(Quantity::min_eigenvector);
      vectors != result.values.end()) {
    lines.push_back(
        fmt::format("min_eigenvector: {} entries at every point", vectors->second.components));
  }
  for (const Marker& marker : result.markers) {
    lines.push_back(fmt::format("marker: {} at ({:.6g}, {:.6g}), {:.3g} out of the plane",
                                marker.name, marker.x, marker.y, marker.out_of_plane));
  }
  return lines;
}

}  // namespace convexscan
