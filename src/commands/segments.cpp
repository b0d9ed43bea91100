// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands/command.hpp"
#include "commands/idle_options.hpp"
#include "commands/interrupt.hpp"
#include "commands/memory_limit.hpp"
#include "commands/missing_points.hpp"
#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "commands/progress_line.hpp"
#include "commands/segment_choice.hpp"
#include "convexscan/error.hpp"
#include "convexscan/weights.hpp"
#include "message.hpp"
#include "shared/special_values.hpp"

namespace convexscan::commands {
namespace {

struct SegmentsCommandOptions {
  ObjectiveOptions objective;
  DeviceOptions device;
  OutputOptions output;
  SegmentOptions segments;
  std::int64_t points = 129;
  double confidence = 0.95;
};

void check_options(SegmentsCommandOptions& options) {
  check(options.segments);
  const SegmentOptions& segments = options.segments;
  if (!segments.from.empty()) {
    refuse_idle_weights(options.objective, "both ends of the segment are given");
  }
  if (!segments.through.empty()) {
    refuse_idle_weights(options.objective, "--through has all weights from the scan");
  }
  if (segments.region.empty() && segments.through.empty() &&
      options.objective.given("--confidence")) {
    throw UsageError("--confidence is for --region and --through; leave it out");
  }
  if (options.points < 3) throw UsageError("--points must be 3 or more: two ends and one between");
  if (!(options.confidence > 0.0 && options.confidence < 1.0)) {
    throw UsageError("--confidence must be between 0 and 1, as in 0.95");
  }
}

/// Three digits, but more where these would make all of nearly all.
std::string percent(double fraction) {
  const double number = 100.0 * fraction;
  return fmt::format("{:.{}g} %", number, number > 99.9 ? 15 : 3);
}

/// "segment 3", and what it is where that is known.
std::string name_of(std::int64_t segment, const ChosenSegments& chosen) {
  return chosen.labels.empty() ? fmt::format("segment {}", segment)
                               : fmt::format("segment {}, {}", segment,
                                             chosen.labels[static_cast<std::size_t>(segment)]);
}

/// undecided segments are no trials.
void print_violations(const char* what, std::int64_t found, const WorstPlace& worst,
                      const SegmentScan& scan, const SegmentsCommandOptions& options,
                      const ChosenSegments& chosen) {
  const double least_real = scan.least_real;
  const std::int64_t trials = chosen.count - scan.undecided;
  if (trials == 0) return;
  const char* const property = what == std::string_view("convex") ? "convexity" : "quasi-convexity";
  if (chosen.count == 1) {
    if (found > 0) {
      print_line(
          "not {}: the gap is {:.6g} at t = {:.4g}, of which rounding explains at most {:.2g}",
          what, worst.value, worst.t, least_real);
    } else {
      print_line(
          "no violation of {} at these points: the largest gap, {:.2g}, is within rounding "
          "({:.2g})",
          property, worst.value, least_real);
    }
    return;
  }
  if (found > 0) {
    print_line("not {}: {} of {} segments, with a gap of up to {:.6g} on {}, at t = {:.4g}", what,
               found, trials, worst.value, name_of(worst.segment, chosen), worst.t);
  } else {
    print_line(
        "no violation of {} in {} segments: the largest gap, {:.2g}, is within rounding ({:.2g})",
        property, trials, worst.value, least_real);
  }
  if (!chosen.random) return;
  const ConfidenceLimits limits = confidence_limits(found, trials, options.confidence);
  const char* const such = scan.undecided > 0 ? "decidable" : "such";
  if (found > 0) {
    print_line("  so at least {} of {} segments are not, with {} confidence", percent(limits.lower),
               such, percent(options.confidence));
  } else {
    print_line("  so at most {} of {} segments have one, with {} confidence", percent(limits.upper),
               such, percent(options.confidence));
  }
}

std::string barrier_text(const WorstPlace& barrier) {
  if (std::isnan(barrier.value)) {
    return "could not be decided, as the loss is finite nowhere between the ends or not at both";
  }
  if (barrier.real()) {
    return fmt::format("{:.6g} above the ends' chord, at t = {:.4g}", barrier.value, barrier.t);
  }
  if (std::isinf(barrier.least_real)) return "could not be decided, as rounding has no bound";
  if (barrier.value == 0.0) return "none";
  return fmt::format("none beyond rounding: {:.2g} above the ends' chord, which {:.2g} may explain",
                     barrier.value, barrier.least_real);
}

/// Of every segment where there are few of different kinds, else the highest.
void print_barriers(const SegmentScan& scan, const ChosenSegments& chosen) {
  const auto column = [&](std::string_view name) -> const std::vector<double>& {
    return std::ranges::find(scan.result.per_segment, name, &DerivedMap::name)->data;
  };
  constexpr std::int64_t few = 8;
  if (chosen.count > 1 && chosen.count <= few && !chosen.labels.empty()) {
    for (std::size_t k = 0; k < chosen.labels.size(); ++k) {
      print_line("barrier {}: {}", chosen.labels[k],
                 barrier_text({static_cast<std::int64_t>(k), column("barrier_t")[k],
                               column("barrier")[k], column("least_real_gap")[k]}));
    }
  } else if (scan.barrier.segment < 0) {
    print_line("barrier: {}", barrier_text({.value = nan}));
  } else if (chosen.count > 1 && scan.barrier.real()) {
    print_line("barrier: up to {} of {}", barrier_text(scan.barrier),
               name_of(scan.barrier.segment, chosen));
  } else if (scan.undecided < chosen.count && std::isinf(scan.barrier.least_real)) {
    // A decided one that is real would go before it.
    print_line("barrier: none beyond rounding on the segments where that has a bound");
  } else {
    print_line("barrier: {}", barrier_text(scan.barrier));
  }
}

void print_summary(const SegmentScan& scan, const SegmentsCommandOptions& options,
                   const ChosenSegments& chosen, const std::string& device) {
  print_line("{} segment{} x {} points on {} in {}", chosen.count, chosen.count == 1 ? "" : "s",
             options.points, device, duration_text(scan.elapsed_seconds));
  print_line("{}", chosen.description);
  if (!scan.loss_path.empty()) print_line("losses: {}", scan.loss_path);
  print_barriers(scan, chosen);
  if (scan.undecided > 0) {
    print_line("{} of {} segments could not be decided: not finite or rounding too large",
               scan.undecided, chosen.count);
  }
  print_violations("convex", scan.violations, scan.gap, scan, options, chosen);
  print_violations("quasi-convex", scan.quasi_violations, scan.quasi_gap, scan, options, chosen);
  if (scan.result.worst >= 0) {
    const auto w = static_cast<std::size_t>(3 * scan.result.worst);
    print_line(
        "witness: on {}, the loss at t = {:.4g} is above the chord from {:.4g} to {:.4g}; its ends "
        "are in the file",
        name_of(scan.result.worst, chosen), scan.result.witness[w + 1], scan.result.witness[w],
        scan.result.witness[w + 2]);
  }
  if (scan.not_finite > 0) {
    const auto place = [&](std::int64_t p) {
      const double t = scan.result.t[static_cast<std::size_t>(p % options.points)];
      return chosen.count == 1 ? fmt::format("t = {:.6g}", t)
                               : fmt::format("segment {} at t = {:.6g}", p / options.points, t);
    };
    print_line("{} of {} points are not finite: {}; they stay in the file as they are",
               scan.not_finite, chosen.count * options.points,
               first_few(missing_points(scan.result.values.at(Quantity::loss)), place));
  }
}

/// The result is there by now, which a failure or an interrupt should say.
void save_aligned(const SegmentsCommandOptions& options, const ChosenSegments& chosen) {
  const std::string& file = options.segments.aligned;
  say_when_interrupted(fmt::format("interrupted; the result is in {}, {} was not written",
                                   options.output.file, file));
  try {
    save_weights(file, chosen.aligned, options.output.overwrite);
  } catch (const Error& error) {
    throw Error(fmt::format("{}; the result is in {}", error.what(), options.output.file));
  }
  say_when_interrupted(fmt::format("interrupted; the result is in {}, the aligned weights in {}",
                                   options.output.file, file));
}

int run(SegmentsCommandOptions options) {
  check_options(options);
  const Problem problem = load_problem(options.objective);
  print_notices(problem, options.output);
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);
  const Precision precision =
      options.device.precision == "float32" ? Precision::float32 : Precision::float64;
  std::vector<std::string> inputs = problem.files;
  inputs.insert(inputs.end(),
                {options.segments.from, options.segments.to, options.segments.through});
  require_writable(options.output, inputs);
  if (!options.segments.aligned.empty()) {
    require_writable({.file = options.segments.aligned,
                      .overwrite = options.output.overwrite,
                      .ending = ".npz",
                      .option = "--aligned"},
                     inputs);
  }
  const ChosenSegments chosen =
      choose_segments(options.segments, problem, options.objective.seed, options.output.quiet);
  // Losses and two gaps of every point, some columns, and the file's copy of all.
  require_memory(
      fmt::format("--count {} x --points {}", chosen.count, options.points),
      2.0 * static_cast<double>(chosen.count) * (3.0 * static_cast<double>(options.points) + 20.0));
  const std::vector<double> t = Axis{0.0, 1.0, options.points}.values();
  SegmentScan scan;
  {
    ProgressLine progress("scanning segments", options.output.quiet);
    scan = scan_segments(
        *backend, problem.objective, precision, chosen.source, chosen.count, t,
        [&](std::int64_t done, std::int64_t whole) { progress.show(done, whole); },
        &stop_requested());
  }
  scan.result.labels = chosen.labels;
  scan.result.provenance = provenance(problem, options.device, options.objective.seed);
  scan.result.provenance.device = backend->device();
  scan.result.provenance.directions = chosen.description;
  scan.result.provenance.loss_path = scan.loss_path;
  scan.result.provenance.elapsed_seconds = scan.elapsed_seconds;
  write_result(options.output.file, scan.result, options.output.overwrite);
  say_when_interrupted(fmt::format("interrupted; the result is in {}", options.output.file));
  if (!options.segments.aligned.empty()) save_aligned(options, chosen);
  if (!options.output.quiet) {
    print_summary(scan, options, chosen, backend->device());
    print_line("result in {}", options.output.file);
  }
  return 0;
}

}  // namespace

void add_segments(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "segments",
      "Scan line segments: between two points, before and after alignment, between twins, between "
      "points of a grid, or at random in a region.");
  auto options = std::make_shared<SegmentsCommandOptions>();
  options->output.file = "segments.nc";
  const std::string group = "Segments";
  options->segments.add_to(*command);
  command->add_option("--points", options->points, "points on each, both ends included")
      ->group(group)
      ->capture_default_str();
  command
      ->add_option("--confidence", options->confidence,
                   "with --region or --through, of the limits on how many segments are not convex")
      ->group(group)
      ->capture_default_str();
  options->objective.add_to(*command);
  options->device.add_to(*command);
  options->output.add_to(*command, "netCDF file to write");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
