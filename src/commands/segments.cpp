// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/segments.hpp"

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "commands/progress_line.hpp"
#include "convexscan/error.hpp"
#include "convexscan/weights.hpp"

namespace convexscan::commands {
namespace {

struct SegmentOptions {
  ObjectiveOptions objective;
  DeviceOptions device;
  OutputOptions output;
  std::vector<std::string> ends;
  std::string from;
  std::string to;
  std::string twin;
  std::string region;
  std::int64_t count = 1000;
  CLI::Option* count_option = nullptr;
  std::int64_t points = 129;
  double confidence = 0.95;
};

/// What is scanned, and in which words.
struct Chosen {
  SegmentSource source;
  std::int64_t count = 1;
  bool random = false;
  std::string description;
};

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
  const int kinds = static_cast<int>(!options.to.empty()) +
                    static_cast<int>(!options.twin.empty()) +
                    static_cast<int>(!options.region.empty());
  if (kinds != 1) {
    throw UsageError(
        kinds == 0 ? "say which segments: --from a.npz --to b.npz, --twin permute or --region box:1"
                   : "--to, --twin and --region exclude each other; give one");
  }
  if (options.region.empty() && options.count_option->count() > 0) {
    throw UsageError("--count is for random segments; add --region, or leave it out");
  }
  if (options.count < 1) throw UsageError("--count must be positive");
  if (options.points < 3) throw UsageError("--points must be 3 or more: two ends and one between");
  if (!(options.confidence > 0.0 && options.confidence < 1.0)) {
    throw UsageError("--confidence must be between 0 and 1, as in 0.95");
  }
}

std::vector<double> weights_of(const std::string& path, const Objective& objective) {
  const NetworkTask* network = objective.network();
  return network != nullptr ? load_weights(path, network->model)
                            : load_weights(path, objective.parameter_count());
}

Chosen choose(const SegmentOptions& options, const Problem& problem) {
  const Objective& objective = problem.objective;
  const std::uint64_t seed = options.objective.seed;
  if (!options.region.empty()) {
    return {random_segments(objective, problem.theta, parse_region(options.region), seed),
            options.count, true,
            fmt::format("random in {} around the weights, seed {}", options.region, seed)};
  }
  if (static_cast<std::int64_t>(objective.subset.size()) != objective.parameter_count()) {
    throw UsageError(fmt::format("--{} moves every parameter; leave --parameters out",
                                 options.twin.empty() ? "to" : "twin"));
  }
  if (!options.twin.empty()) {
    const Symmetry symmetry = parse_symmetry(options.twin);
    if (objective.network() == nullptr)
      throw UsageError("--twin is for networks, not for a --landscape");
    const Twin other = twin(objective.network()->model, problem.theta, symmetry, seed);
    return {given_segment(problem.theta, other.theta), 1, false, other.description};
  }
  const std::vector<double> from =
      options.from.empty() ? problem.theta : weights_of(options.from, objective);
  return {given_segment(from, weights_of(options.to, objective)), 1, false,
          fmt::format("from {} to {}", options.from.empty() ? "the weights" : options.from,
                      options.to)};
}

std::string percent(double fraction) { return fmt::format("{:.3g} %", 100.0 * fraction); }

void print_violations(const char* what, std::int64_t found, const WorstPlace& worst,
                      double least_real, const SegmentOptions& options, const Chosen& chosen) {
  if (!chosen.random) {
    if (found > 0) {
      fmt::print(
          "not {}: the gap is {:.6g} at t = {:.4g}, of which rounding explains at most {:.2g}\n",
          what, worst.value, worst.t, least_real);
    } else {
      fmt::print(
          "no violation of {} at these points: the largest gap, {:.2g}, is within rounding "
          "({:.2g})\n",
          what == std::string_view("convex") ? "convexity" : "quasi-convexity", worst.value,
          least_real);
    }
    return;
  }
  const ConfidenceLimits limits = confidence_limits(found, chosen.count, options.confidence);
  if (found > 0) {
    fmt::print(
        "not {}: {} of {} segments, with a gap of up to {:.6g} on segment {} at t = {:.4g}\n", what,
        found, chosen.count, worst.value, worst.segment, worst.t);
    fmt::print("  so at least {} of such segments are not, with {} confidence\n",
               percent(limits.lower), percent(options.confidence));
  } else {
    fmt::print(
        "no violation of {} in {} segments: the largest gap, {:.2g}, is within rounding ({:.2g})\n",
        what == std::string_view("convex") ? "convexity" : "quasi-convexity", chosen.count,
        worst.value, least_real);
    fmt::print("  so at most {} of such segments have one, with {} confidence\n",
               percent(limits.upper), percent(options.confidence));
  }
}

void print_summary(const SegmentScan& scan, const SegmentOptions& options, const Chosen& chosen,
                   const std::string& device) {
  fmt::print("{} segment{} x {} points on {} in {}\n", chosen.count, chosen.count == 1 ? "" : "s",
             options.points, device, duration_text(scan.elapsed_seconds));
  fmt::print("{}\n", chosen.description);
  if (scan.barrier.segment >= 0 && scan.barrier.value > 0.0) {
    fmt::print("barrier: {}{:.6g} above the ends' chord, at t = {:.4g}{}\n",
               chosen.random ? "up to " : "", scan.barrier.value, scan.barrier.t,
               chosen.random ? fmt::format(" of segment {}", scan.barrier.segment) : "");
  } else {
    fmt::print("barrier: none\n");
  }
  print_violations("convex", scan.violations, scan.gap, scan.least_real, options, chosen);
  print_violations("quasi-convex", scan.quasi_violations, scan.quasi_gap, scan.least_real, options,
                   chosen);
  if (scan.result.worst >= 0) {
    const auto w = static_cast<std::size_t>(3 * scan.result.worst);
    fmt::print(
        "witness: on segment {} the loss at t = {:.4g} is above the chord from {:.4g} to {:.4g}; "
        "its ends "
        "are in the file\n",
        scan.result.worst, scan.result.witness[w + 1], scan.result.witness[w],
        scan.result.witness[w + 2]);
  }
  if (scan.not_finite > 0) {
    fmt::print("{} of {} points are not finite; they stay in the file as they are\n",
               scan.not_finite, chosen.count * options.points);
  }
}

int run(SegmentOptions options) {
  check(options);
  const Problem problem = load_problem(options.objective);
  print_notices(problem, options.output);
  const Chosen chosen = choose(options, problem);
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);
  const Precision precision =
      options.device.precision == "float32" ? Precision::float32 : Precision::float64;
  require_writable(options.output);
  const std::vector<double> t = Axis{0.0, 1.0, options.points}.values();
  SegmentScan scan;
  {
    ProgressLine progress("scanning segments", options.output.quiet);
    scan = scan_segments(
        *backend, problem.objective, precision, chosen.source, chosen.count, t,
        [&](std::int64_t done, std::int64_t whole) { progress.show(done, whole); },
        &stop_requested());
  }
  scan.result.provenance = provenance(problem, options.device, options.objective.seed);
  scan.result.provenance.device = backend->device();
  scan.result.provenance.directions = chosen.description;
  scan.result.provenance.elapsed_seconds = scan.elapsed_seconds;
  write_result(options.output.file, scan.result, options.output.overwrite);
  if (!options.output.quiet) print_summary(scan, options, chosen, backend->device());
  return 0;
}

}  // namespace

void add_segments(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "segments",
      "Scan line segments: between two points, between twins, or many at random in a region.");
  auto options = std::make_shared<SegmentOptions>();
  options->output.file = "segments.nc";
  const std::string group = "Segments";
  command->add_option("ends", options->ends, "two weight files: the segment between them")
      ->group(group);
  command->add_option("--from", options->from, "weight file of the first end (default: --weights)")
      ->group(group);
  command->add_option("--to", options->to, "weight file of the last end")->group(group);
  command
      ->add_option("--twin", options->twin,
                   "to weights of the same function: permute two neurons, flip or rescale one")
      ->group(group);
  command
      ->add_option("--region", options->region,
                   "random segments in box:R, ball:R or nonnegative:R around the weights")
      ->group(group);
  options->count_option = command->add_option("--count", options->count, "how many random segments")
                              ->group(group)
                              ->capture_default_str();
  command->add_option("--points", options->points, "points on each, both ends included")
      ->group(group)
      ->capture_default_str();
  command
      ->add_option("--confidence", options->confidence,
                   "of the limits on how many segments are not convex")
      ->group(group)
      ->capture_default_str();
  options->objective.add_to(*command);
  options->device.add_to(*command);
  options->output.add_to(*command, "netCDF file to write");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
