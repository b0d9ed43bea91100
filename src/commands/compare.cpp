// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/compare.hpp"

#include <fmt/format.h>

#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/objective_options.hpp"
#include "commands/plane_options.hpp"
#include "commands/progress_line.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

struct CompareOptions {
  ObjectiveOptions objective;
  PlaneOptions plane;
  DeviceOptions first;
  std::string second = "cuda";
  std::string quantities = "loss,gradient_norm,plane_hessian";
  bool quiet = false;
};

ValueTable scan_on(Backend& backend, const CompareOptions& options, const Problem& problem) {
  const ScannedPlane plane = make_plane(options.plane, options.objective, problem);
  ProgressLine progress(backend.device(), options.quiet);
  EvaluationOptions evaluation;
  evaluation.grid = plane.axes();
  ScanResult result = scan(
      backend, plane.plane.slice, plane.points(), parse_quantities(options.quantities),
      [&](std::int64_t done, std::int64_t points) { progress.show(done, points); },
      &stop_requested(), evaluation);
  if (!options.quiet) {
    print_line("{}: {}", backend.device(), duration_text(result.elapsed_seconds));
  }
  return std::move(result.values);
}

int run(const CompareOptions& options) {
  const Problem problem = load_problem(options.objective);
  const NetworkTask* network = problem.objective.network();
  const Precision precision =
      options.first.precision == "float32" ? Precision::float32 : Precision::float64;
  // Both devices first: that one is missing should not show after a long scan on the other.
  DeviceOptions other = options.first;
  other.device = options.second;
  other.option = "--with";
  const std::unique_ptr<Backend> first_backend = options.first.make_backend(problem.objective);
  const std::unique_ptr<Backend> second_backend = other.make_backend(problem.objective);
  const ValueTable first = scan_on(*first_backend, options, problem);
  const ValueTable second = scan_on(*second_backend, options, problem);
  const Comparison comparison =
      compare(first, second,
              default_tolerances(precision, network != nullptr ? network->samples : 1,
                                 problem.objective.parameter_count()));
  if (!options.quiet) {
    for (const std::string& line : lines_of(comparison)) print_line("{}", line);
  }
  if (!comparison.within()) throw Error("the two devices differ beyond tolerance");
  for (const Difference& difference : comparison.differences) {
    if (difference.comparable > 0) continue;
    throw Error(
        fmt::format("nothing was compared: no {} is finite on both devices; choose smaller --x and "
                    "--y or other weights",
                    info(difference.quantity).name));
  }
  return 0;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "compare", "Run the same scan on two devices; fail when they differ beyond tolerance.");
  auto options = std::make_shared<CompareOptions>();
  options->first.device = "cpu";
  command->add_option("--with", options->second, "the second device")
      ->group("Computation")
      ->type_name("auto|cpu|cuda[:K]")
      ->capture_default_str();
  command->add_option("--quantities", options->quantities, "what to compare, joined by commas")
      ->group("Plane")
      ->type_name("NAMES")
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "no table, only the exit code and an error");
  options->plane.add_to(*command);
  options->objective.add_to(*command);
  options->first.add_to(*command);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
