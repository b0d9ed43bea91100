// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/segment_choice.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands/memory_limit.hpp"
#include "commands/objective_options.hpp"
#include "convexscan/alignment.hpp"
#include "convexscan/error.hpp"
#include "convexscan/result_file.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

const Model& network_for(const char* option, const Objective& objective) {
  if (objective.network() != nullptr) return objective.network()->model;
  throw UsageError(fmt::format("{} is for networks, not for a --landscape", option));
}

ChosenSegments twins(const SegmentOptions& options, const Problem& problem, std::uint64_t seed) {
  const Symmetry symmetry = parse_symmetry(options.twin);
  const Twin other = twin(network_for("--twin", problem.objective), problem.theta, symmetry, seed);
  return {given_segment(problem.theta, other.theta), 1, false, other.description, {}, {}};
}

/// What is between two points is computed from their difference.
void require_near(const std::vector<double>& from, const std::vector<double>& to) {
  std::vector<double> step = to;
  const auto size = static_cast<blasint>(step.size());
  cblas_daxpy(size, -1.0, from.data(), 1, step.data(), 1);
  if (std::isfinite(cblas_dnrm2(size, step.data(), 1))) return;
  throw Error(
      "the two ends are too far apart: their distance is beyond float64's largest number; take "
      "ends with smaller weights");
}

ChosenSegments between_files(const SegmentOptions& options, const Problem& problem) {
  const std::vector<double> from =
      options.from.empty() ? problem.theta : weights_of(options.from, problem.objective);
  const std::vector<double> to = weights_of(options.to, problem.objective);
  require_near(from, to);
  const std::string description =
      fmt::format("from {} to {}", options.from.empty() ? "the weights" : options.from, options.to);
  if (!options.align) return {given_segment(from, to), 1, false, description, {}, {}};
  const Alignment found = align(network_for("--align", problem.objective), from, to);
  return {segments_from(from, {to, found.theta}),
          2,
          false,
          fmt::format("{}, as it is and aligned: {} of {} hidden units change places{}, the "
                      "distance was {:.6g} and is {:.6g}",
                      description, found.moved, found.units,
                      found.flipped > 0 ? fmt::format(" and {} their signs", found.flipped) : "",
                      found.distance_before, found.distance_after),
          {"as it is", "aligned"},
          found.theta};
}

/// Points of the grid whose loss is finite, where the file has one.
std::vector<std::int64_t> usable_points(const GridResult& grid) {
  std::vector<std::int64_t> points;
  const auto loss = grid.values.find(Quantity::loss);
  for (std::int64_t p = 0; p < grid.points(); ++p) {
    if (loss == grid.values.end() ||
        std::isfinite(loss->second.data[static_cast<std::size_t>(p)])) {
      points.push_back(p);
    }
  }
  return points;
}

ChosenSegments through_grid(const SegmentOptions& options, const Problem& problem,
                            std::uint64_t seed, bool quiet) {
  const GridResult grid = read_result(options.through);
  const std::int64_t parameters = problem.objective.parameter_count();
  if (grid.slice.origin.empty() || grid.slice.directions.empty()) {
    throw Error(
        fmt::format("{}: holds no origin and directions to make its points from", options.through));
  }
  if (grid.slice.parameter_count() != parameters) {
    throw Error(
        fmt::format("{}: its points have {} parameters, the objective has {}; give the "
                    "options of that scan",
                    options.through, grid.slice.parameter_count(), parameters));
  }
  const NetworkTask* network = problem.objective.network();
  const std::string data_hash = network == nullptr ? "" : network->data_hash;
  if (!quiet && (grid.provenance.data_hash != data_hash ||
                 grid.provenance.objective != problem.objective.description())) {
    const std::string objective = problem.objective.description();
    print_note(grid.provenance.objective == objective
                   ? fmt::format("{} is a scan of other data", options.through)
                   : fmt::format("{} is a scan of another objective ({}); this is {}",
                                 options.through, grid.provenance.objective, objective));
  }
  const std::vector<std::int64_t> points = usable_points(grid);
  const auto n = static_cast<double>(points.size());
  constexpr double chord_numbers = 10.0;  // its two points and its label
  require_memory(fmt::format("--count {}", options.count),
                 chord_numbers * std::min(static_cast<double>(options.count), n * (n - 1.0) / 2.0));
  const std::vector<Chord> chords = chords_between(points, options.count, seed);
  const bool random = static_cast<double>(chords.size()) < n * (n - 1.0) / 2.0;
  const auto place = [&](std::int64_t p) {
    const auto i = static_cast<std::size_t>(p);
    return fmt::format("({:.6g}, {:.6g})", grid.x[i % grid.x.size()], grid.y[i / grid.x.size()]);
  };
  std::vector<std::string> labels;
  labels.reserve(chords.size());
  for (const Chord& chord : chords) {
    labels.push_back(fmt::format("{} to {}", place(chord.from), place(chord.to)));
  }
  return {grid_chords(grid.slice, grid.x, grid.y, chords),
          static_cast<std::int64_t>(chords.size()),
          random,
          random ? fmt::format("chords between random points of {}, seed {}", options.through, seed)
                 : fmt::format("chords between all points of {}", options.through),
          std::move(labels),
          {}};
}

}  // namespace

void check(SegmentOptions& options) {
  if (options.ends.size() == 1 || options.ends.size() > 2) {
    throw UsageError("a segment has two ends: give two weight files");
  }
  if (options.ends.size() == 2) {
    if (!options.from.empty() || !options.to.empty()) {
      throw UsageError("give two weight files or --from and --to, not both");
    }
    options.from = options.ends[0];
    options.to = options.ends[1];
  }
  if (!options.from.empty() && options.to.empty()) throw UsageError("--from needs --to b.npz");
  const int kinds =
      static_cast<int>(!options.to.empty()) + static_cast<int>(!options.twin.empty()) +
      static_cast<int>(!options.region.empty()) + static_cast<int>(!options.through.empty());
  if (kinds != 1) {
    throw UsageError(kinds == 0 ? "say which segments: a.npz b.npz, --twin permute, --region box:1 "
                                  "or --through scan.nc"
                                : "--to, --twin, --region and --through exclude each other; give "
                                  "one");
  }
  if (options.region.empty() && options.through.empty() && options.count_option->count() > 0) {
    throw UsageError("--count is for --region and --through; leave it out");
  }
  if (options.count < 1) throw UsageError("--count must be positive");
  if (options.align && options.to.empty()) {
    throw UsageError("--align brings one network near to another; give two weight files");
  }
  if (!options.aligned.empty() && !options.align) {
    throw UsageError("--aligned says where --align puts the weights; add --align");
  }
}

ChosenSegments choose_segments(const SegmentOptions& options, const Problem& problem,
                               std::uint64_t seed, bool quiet) {
  const Objective& objective = problem.objective;
  if (!options.region.empty()) {
    return {random_segments(objective, problem.theta, parse_region(options.region), seed),
            options.count,
            true,
            fmt::format("random in {} around the weights, seed {}", options.region, seed),
            {},
            {}};
  }
  if (!options.through.empty()) return through_grid(options, problem, seed, quiet);
  if (static_cast<std::int64_t>(objective.subset.size()) != objective.parameter_count()) {
    throw UsageError(fmt::format("--{} moves every parameter; leave --parameters out",
                                 options.twin.empty() ? "to" : "twin"));
  }
  return options.twin.empty() ? between_files(options, problem) : twins(options, problem, seed);
}

void SegmentOptions::add_to(CLI::App& command) {
  const std::string group = "Segments";
  command.add_option("ends", ends, "two weight files: the segment between them")
      ->group(group)
      ->type_name("a.npz b.npz");
  command.add_option("--from", from, "weights of the first end (default: --weights)")
      ->group(group)
      ->type_name("a.npz");
  command.add_option("--to", to, "weights of the last end")->group(group)->type_name("b.npz");
  command
      .add_flag("--align", align,
                "also to the last end with its hidden units renamed to be near the first (weight "
                "matching)")
      ->group(group);
  command.add_option("--aligned", aligned, "write the aligned weights to this file")
      ->group(group)
      ->type_name("c.npz");
  command
      .add_option("--twin", twin,
                  "to weights of the same function: two neurons change places, one changes its "
                  "signs or its scale")
      ->group(group)
      ->type_name("permute|flip|rescale");
  command
      .add_option("--region", region,
                  "random segments around the weights: in this part of parameter space")
      ->group(group)
      ->type_name("box:R|ball:R|nonnegative:R");
  command
      .add_option("--through", through,
                  "a result of convexscan grid: chords between its points, all or --count of them")
      ->group(group)
      ->type_name("scan.nc");
  count_option = command.add_option("--count", count, "how many random segments or chords")
                     ->group(group)
                     ->capture_default_str();
}

}  // namespace convexscan::commands
