// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/convexify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>

#include "commands/command.hpp"
#include "commands/convexify_summary.hpp"
#include "commands/interrupt.hpp"
#include "commands/memory_limit.hpp"
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

struct ConvexifyCommandOptions {
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

void check(const ConvexifyCommandOptions& options) {
  if (!(options.convexify.same_neuron > 0.0 && options.convexify.same_neuron < 1.0)) {
    throw UsageError("--same must be between 0 and 1, as in 0.001");
  }
}

/// The centre belongs to the added penalty as well, which --penalty-center alone cannot know.
Problem load(const ConvexifyCommandOptions& options, AddedPenalty& added) {
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

Chosen choose_region(const ConvexifyCommandOptions& options, const Problem& problem) {
  if (options.region == "plane") {
    const ScannedPlane plane = make_plane(options.plane, options.objective, problem);
    return {search_region(plane.plane.slice, plane.x, plane.y),
            fmt::format("the plane of {}", plane.plane.description)};
  }
  for (const char* name : {"--x", "--y", "--directions", "--normalize"}) {
    if (!options.objective.given(name)) continue;
    throw UsageError(fmt::format("{} is for --region plane; leave it out", name));
  }
  return {search_region(problem.objective, problem.theta, parse_region(options.region)),
          fmt::format("{} around the weights", options.region)};
}

/// A point that is looked at keeps its coordinates three times, its eigenvector and what else is
/// known of it; a descent, and each minimisation from a start, some 60 vectors, L-BFGS's 20 pairs
/// among them, and the two pages or so of its stack that are used; all pairs of ends a distance,
/// in a list that grows by doubling.
void require_room(const ConvexifyOptions& options, const SearchRegion& region,
                  std::int64_t parameter_count) {
  constexpr double vectors = 60.0;
  constexpr double stack = 1024.0;
  constexpr double headers = 50.0;
  const auto parameters = static_cast<double>(parameter_count);
  const std::size_t coordinates = region.sample(1, options.seed).front().size();
  const CurvatureSearch search =
      with_counts(options.search, static_cast<std::int64_t>(coordinates));
  const auto points = static_cast<double>(*search.samples);
  const double descents = std::min(points, static_cast<double>(*search.descents));
  require_memory(options.search.samples || !options.search.descents
                     ? fmt::format("--points {}", *search.samples)
                     : fmt::format("--descents {}", *search.descents),
                 points * (3.0 * static_cast<double>(coordinates) + parameters + headers) +
                     descents * (vectors * parameters + stack));
  const auto starts = static_cast<double>(options.starts);
  const auto levels = static_cast<double>(options.levels.size());
  require_memory(
      fmt::format("--starts {}", options.starts),
      starts * ((vectors + levels) * parameters + stack + levels * headers) + starts * starts);
}

int run(ConvexifyCommandOptions options) {
  options.convexify.levels = parse_levels(options.levels);
  check(options);
  options.convexify.seed = options.objective.seed;
  AddedPenalty added;
  const Problem problem = load(options, added);
  print_notices(problem, options.output);
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);
  const Chosen chosen = choose_region(options, problem);
  require_room(options.convexify, *chosen.region, problem.objective.parameter_count());
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
  say_when_interrupted(fmt::format("interrupted; the result is in {}", options.output.file));
  if (options.output.quiet) return 0;
  print_line("{} on {} in {}", problem.objective.description(), backend->device(),
             duration_text(result.provenance.elapsed_seconds));
  print_summary(result);
  print_line("result in {}", options.output.file);
  return 0;
}

}  // namespace

void add_convexify(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "convexify",
      "Find the penalty that a region needs to be convex, and what it leaves of the network.");
  auto options = std::make_shared<ConvexifyCommandOptions>();
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
      ->type_name("N")
      ->check(whole_number(1, std::numeric_limits<std::int64_t>::max()));
  command
      ->add_option(
          "--descents", options->convexify.search.descents,
          "the lowest of them that lie apart, from which to descend (default: 64 for up to "
          "16 parameters, then fewer, down to 8 from 128 on)")
      ->group(group)
      ->type_name("N")
      ->check(whole_number(1));
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
      ->check(number_not_negative())
      ->capture_default_str();
  options->plane.scanned = false;
  options->plane.add_to(*command);
  options->objective.add_to(*command);
  options->device.add_to(*command);
  options->output.add_to(*command, "netCDF file to write");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
