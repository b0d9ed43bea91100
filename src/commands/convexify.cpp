// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/convexify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>
#include <sstream>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "commands/plane_options.hpp"
#include "commands/progress_line.hpp"
#include "commands/usage.hpp"
#include "convexscan/error.hpp"
#include "message.hpp"
#include "named.hpp"

namespace convexscan::commands {
namespace {

struct Options {
  ObjectiveOptions objective;
  DeviceOptions device;
  PlaneOptions plane;
  OutputOptions output;
  ConvexifyOptions convexify;
  std::string region = "box:1";
  std::string penalty = "l2";
  std::string levels = "0,0.001,0.01,0.1,0.5,1,2";
};

std::vector<double> parse_levels(const std::string& text) {
  std::vector<double> levels;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const double level = parse_number("--levels", part);
    if (!(level >= 0.0) || !std::isfinite(level) || (!levels.empty() && level <= levels.back())) {
      throw UsageError(fmt::format(
          "--levels {}: give multiples of λ* that rise from 0 on, as in 0,0.5,1,2", text));
    }
    levels.push_back(level);
  }
  if (levels.empty()) throw UsageError("--levels: give at least one multiple of λ*");
  return levels;
}

void check(const Options& options) {
  if (options.convexify.search.samples.value_or(1) < 1 ||
      options.convexify.search.descents.value_or(1) < 1) {
    throw UsageError("--points and --descents must be positive");
  }
  if (!(options.convexify.same_neuron > 0.0 && options.convexify.same_neuron < 1.0)) {
    throw UsageError("--same must be between 0 and 1, as in 0.001");
  }
  if (!(options.convexify.training.gradient_tolerance >= 0.0)) {
    throw UsageError("--tolerance: must be a number that is not negative");
  }
}

/// The centre belongs to the added penalty as well, which --penalty-center alone cannot know.
Problem load(const Options& options, AddedPenalty& added) {
  ObjectiveOptions own = options.objective;
  const bool alone = own.penalties.empty();
  if (alone && !own.penalty_centre.empty()) own.penalties = {"l2=0"};
  Problem problem = load_problem(own);
  added = added_penalty(options.penalty, problem.objective.penalty.centre,
                        problem.objective.parameter_count());
  if (alone) problem.objective.penalty = {};
  return problem;
}

struct Chosen {
  std::unique_ptr<SearchRegion> region;
  std::string description;
};

Chosen choose_region(const Options& options, const Problem& problem) {
  if (options.region == "plane") {
    const ScannedPlane plane = make_plane(options.plane, options.objective, problem);
    return {search_region(plane.plane.slice, plane.x, plane.y),
            fmt::format("the plane of {}", plane.plane.description)};
  }
  if (!options.plane.directions.empty() || !options.plane.x.empty() || !options.plane.y.empty()) {
    throw UsageError("--x, --y and --directions are for --region plane");
  }
  return {search_region(problem.objective, problem.theta, parse_region(options.region)),
          fmt::format("{} around the weights", options.region)};
}

void print_limit(const ConvexifyResult& result) {
  const NegativeCurvature& worst = result.worst;
  print_line("most negative curvature found on {}: {:.9g}{}, within {:.2g} ({} Hessians)",
             result.region, worst.value, result.penalty.measure(), worst.error, worst.evaluations);
  print_line("{} of {} descents converged, {} stopped before; the one to the witness {}",
             worst.converged, worst.descents, worst.descents - worst.converged,
             worst.witness_converged
                 ? "converged"
                 : fmt::format("did not: a further step may gain {:.2g}", worst.first_order_gain));
  if (!result.unbounded_term.empty()) {
    print_line(
        "no finite λ convexifies it: the curvature of the penalty {} falls without limit where a "
        "weight comes to its zero, as in this region; λ* = {:.9g} is only as far as the search "
        "came",
        result.unbounded_term, result.lambda_star);
  } else if (result.lambda_star > 0.0) {
    print_line(
        "lower limit of {}: λ* = {:.9g}; no smaller λ makes this region convex, a larger one "
        "may be needed",
        result.penalty.description, result.lambda_star);
  } else {
    print_line("no negative curvature beyond rounding was found: λ* = 0{}",
               result.kinks ? "" : ", and nothing to add");
  }
  if (!result.kinks) return;
  if (result.slope_drop) {
    const SlopeDrop& drop = *result.slope_drop;
    if (drop.layer == 0) {
      print_line(
          "no finite λ convexifies it: at a kink the slope drops from {:.6g} to {:.6g}; λ* is for "
          "the smooth parts alone",
          drop.before, drop.after);
      return;
    }
    print_line(
        "no finite λ convexifies it: on the kink of neuron {} of layer {} (sample {}) the slope "
        "drops from {:.6g} to {:.6g}; λ* is for the smooth parts alone",
        drop.neuron, drop.layer, drop.sample, drop.before, drop.after);
  } else {
    print_line(
        "has kinks, which second derivatives do not see: λ* does not count them; no drop of the "
        "slope was found");
  }
}

std::string width_text(const LayerWidth& width) {
  std::string text = fmt::format("{} of {}", width.distinct, width.neurons);
  if (width.dead > 0) text += fmt::format(", {} dead", width.dead);
  return text + fmt::format(" ({:.2f})", width.participation_ratio);
}

void print_table(const ConvexifyResult& result) {
  const ConvexifyLevel& first = result.levels.front();
  const bool accuracy = !first.accuracy.empty();
  std::vector<std::vector<std::string>> rows{
      {"λ/λ*", "λ", "smallest λ_min" + result.penalty.measure(), "loss", "with penalty"}};
  if (accuracy) rows[0].push_back("accuracy");
  rows[0].insert(rows[0].end(), {"in region", "distance"});
  const std::size_t layers = first.widths.empty() ? 0 : first.widths.front().size();
  for (std::size_t l = 0; l < layers; ++l)
    rows[0].push_back(fmt::format("width of layer {}", l + 1));
  for (const ConvexifyLevel& level : result.levels) {
    const std::size_t k = level.best;
    const double multiple = level.lambda == 0.0 ? 0.0 : level.lambda / result.lambda_star;
    std::vector<std::string> row{
        fmt::format("{:.3g}", multiple), fmt::format("{:.4g}", level.lambda),
        fmt::format("{:.4g}", level.smallest_eigenvalue), fmt::format("{:.6g}", level.loss[k]),
        fmt::format("{:.6g}", level.ends[k].loss)};
    if (accuracy) row.push_back(fmt::format("{:.4f}", level.accuracy[k]));
    row.push_back(
        fmt::format("{} of {}", std::ranges::count(level.inside, true), level.inside.size()));
    row.push_back(fmt::format("{:.3g}", level.largest_distance));
    for (std::size_t l = 0; l < layers; ++l) row.push_back(width_text(level.widths[k][l]));
    rows.push_back(std::move(row));
  }
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      // As wide as it is shown: fmt pads by letters, and a λ has two bytes.
      const auto letters = std::ranges::count_if(row[c], [](char b) { return (b & 0xC0) != 0x80; });
      widths[c] = std::max(widths[c], static_cast<std::size_t>(letters));
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += fmt::format("{}{:>{}}", c == 0 ? "" : "  ", row[c], widths[c]);
    }
    print_line("{}", line);
  }
}

void print_legend(const ConvexifyResult& result) {
  print_line(
      "loss, accuracy and widths are of the best of {} starts; distance is the largest between "
      "two minimisers",
      result.levels.front().ends.size());
  std::int64_t stopped = 0;
  for (const ConvexifyLevel& level : result.levels) {
    stopped += std::ranges::count_if(level.ends, [](const auto& end) { return !end.converged; });
  }
  if (stopped > 0) {
    print_line(
        "{} minimisations stopped before they converged; converged and gradient_norm in the "
        "file say which",
        stopped);
  }
  if (!result.levels.front().widths.empty()) {
    print_line(
        "width: neurons that differ by more than {:g} up to sign, dead ones apart "
        "(participation ratio)",
        result.same_neuron);
  }
}

int run(Options options) {
  options.convexify.levels = parse_levels(options.levels);
  check(options);
  options.convexify.seed = options.objective.seed;
  AddedPenalty added;
  const Problem problem = load(options, added);
  print_notices(problem, options.output);
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);
  const Chosen chosen = choose_region(options, problem);
  std::vector<std::string> inputs = problem.files;
  std::ranges::copy(options.plane.files(), std::back_inserter(inputs));
  require_writable(options.output, inputs);
  const auto begin = std::chrono::steady_clock::now();
  ConvexifyResult result;
  {
    std::optional<ProgressLine> line;
    std::string doing;
    result = convexify(
        *backend, problem.objective, *chosen.region, added, options.convexify,
        [&](const std::string& what, std::int64_t done, std::int64_t whole) {
          if (what != doing) line.emplace(doing = what, options.output.quiet);
          line->show(done, whole);
        },
        &stop_requested());
  }
  result.region = chosen.description;
  result.provenance = provenance(problem, options.device, options.objective.seed);
  result.provenance.device = backend->device();
  result.provenance.elapsed_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  write_result(options.output.file, result, options.output.overwrite);
  if (options.output.quiet) return 0;
  print_line("{} on {} in {}", problem.objective.description(), backend->device(),
             duration_text(result.provenance.elapsed_seconds));
  print_limit(result);
  print_table(result);
  print_legend(result);
  print_line("result in {}", options.output.file);
  return 0;
}

}  // namespace

void add_convexify(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "convexify",
      "Find the penalty that a region needs to be convex, and what it leaves of the network.");
  auto options = std::make_shared<Options>();
  options->output.file = "convexify.nc";
  const std::string group = "Convexify";
  command
      ->add_option("--region", options->region,
                   "around the weights, or the plane of --x, --y and --directions")
      ->group(group)
      ->type_name("box:R|ball:R|nonnegative:R|plane")
      ->capture_default_str();
  command
      ->add_option(
          "--add-penalty", options->penalty,
          "what is added λ times; of l2-graded the weights V, V², … are scaled so that the "
          "largest is 1; --penalty-center is its centre too, --penalty a part of the objective")
      ->group(group)
      ->type_name("l2|l2-graded=V")
      ->capture_default_str();
  command->add_option("--levels", options->levels, "multiples of λ* at which to minimise")
      ->group(group)
      ->type_name("V,V,...")
      ->capture_default_str();
  command
      ->add_option("--starts", options->convexify.starts, "points of the region to minimise from")
      ->group(group)
      ->check(whole_number(1))
      ->capture_default_str();
  command
      ->add_option("--points", options->convexify.search.samples,
                   "points of the region to look for negative curvature at (default: 32 for each "
                   "descent)")
      ->group(group)
      ->type_name("N");
  command
      ->add_option(
          "--descents", options->convexify.search.descents,
          "the lowest of them that lie apart, from which to descend (default: 64 for up to "
          "16 parameters, then fewer, down to 8 from 128 on)")
      ->group(group)
      ->type_name("N");
  command
      ->add_option(
          "--same", options->convexify.same_neuron,
          "neurons that differ by less, relative to their size, count as one; dead are those "
          "that pass on less of what varies with the data, relative to 1 or to the "
          "layer's largest if that is more")
      ->group(group)
      ->capture_default_str();
  command
      ->add_option("--iterations", options->convexify.training.max_iterations,
                   "at most this many L-BFGS steps from each start")
      ->group(group)
      ->check(whole_number(1))
      ->capture_default_str();
  command
      ->add_option("--tolerance", options->convexify.training.gradient_tolerance,
                   "stop when the gradient norm is below this times max(1, norm of the weights), "
                   "counted up to a root mean square weight of 10")
      ->group(group)
      ->capture_default_str();
  options->plane.add_to(*command);
  options->objective.add_to(*command);
  options->device.add_to(*command);
  options->output.add_to(*command, "netCDF file to write");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
