// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "commands/command.hpp"
#include "commands/convexity_gap.hpp"
#include "commands/interrupt.hpp"
#include "commands/kink_summary.hpp"
#include "commands/memory_limit.hpp"
#include "commands/missing_points.hpp"
#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "commands/plane_options.hpp"
#include "commands/progress_line.hpp"
#include "convexscan/curvature.hpp"
#include "convexscan/error.hpp"
#include "convexscan/grid_gap.hpp"
#include "convexscan/result_file.hpp"
#include "convexscan/scan.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

struct GridOptions {
  ObjectiveOptions objective;
  DeviceOptions device;
  PlaneOptions plane;
  OutputOptions output;
  std::string quantities;
  std::string eigensolver = "auto";
};

/// No eigenvalue without its error, no count without its threshold, no verdict without its reason.
QuantitySet with_bounds(QuantitySet chosen) {
  using enum Quantity;
  if (chosen.contains(min_eigenvector)) {
    chosen.insert({min_eigenvector_error, min_eigenvalue});
  }
  if (chosen.contains(min_eigenvalue)) chosen.insert(min_eigenvalue_error);
  if (chosen.contains(max_eigenvalue)) chosen.insert(max_eigenvalue_error);
  if (chosen.contains(trace)) chosen.insert(trace_error);
  if (chosen.contains(required_l2)) chosen.insert(required_l2_error);
  if (chosen.contains(layer_min_eigenvalue)) chosen.insert(layer_min_eigenvalue_error);
  for (const Quantity quantity : {negative_count, near_zero_count, positive_count}) {
    if (chosen.contains(quantity)) chosen.insert(eigenvalue_error);
  }
  if (chosen.contains(verdict)) chosen.insert(settled_by);
  return chosen;
}

QuantitySet chosen_quantities(const GridOptions& options, const Objective& objective) {
  if (!options.quantities.empty()) return with_bounds(parse_quantities(options.quantities));
  QuantitySet chosen{Quantity::loss};
  const NetworkTask* network = objective.network();
  if (network != nullptr && network->accuracy != Accuracy::none) chosen.insert(Quantity::accuracy);
  return chosen;
}

/// What is computed from the Hessian's eigenvalues, by a solver and in float64.
bool is_of_the_spectrum(Quantity quantity) {
  using enum Quantity;
  return quantity != loss && quantity != accuracy && quantity != gradient_norm &&
         quantity != plane_hessian;
}

void refuse_idle_solver(const GridOptions& options, bool spectrum) {
  if (!spectrum && options.objective.given("--eigensolver")) {
    throw UsageError(
        "--eigensolver: none of the --quantities is of the Hessian's eigenvalues; leave it out");
  }
}

std::string quantity_names() {
  std::vector<std::string_view> names;
  for (const QuantityInfo& row : quantity_table()) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool is_category(Quantity quantity) {
  return quantity == Quantity::verdict || quantity == Quantity::settled_by;
}

std::int64_t count_of(const std::vector<double>& values, auto code) {
  return std::ranges::count(values, static_cast<double>(code));
}

void print_verdicts(const std::vector<double>& verdicts) {
  print_line("verdict: {} locally convex, {} not convex, {} undecided",
             count_of(verdicts, Verdict::locally_convex), count_of(verdicts, Verdict::not_convex),
             count_of(verdicts, Verdict::undecided));
}

/// explained: whether what is settled by nothing is explained elsewhere.
void print_stages(const std::vector<double>& stages, bool explained) {
  std::vector<std::string> counts;
  for (int stage = 0; stage < settled_by_count; ++stage) {
    const std::int64_t count = count_of(stages, stage);
    if (count > 0) {
      counts.push_back(fmt::format("{} by {}", count, name(static_cast<SettledBy>(stage))));
    }
  }
  print_line("settled: {}", fmt::join(counts, ", "));
  const std::int64_t kinks = count_of(stages, SettledBy::kink);
  if (kinks > 0) {
    print_line(
        "  {} point{} left undecided: a pre-activation or a maximum lies on its kink, as far as "
        "rounding can tell",
        kinks, kinks == 1 ? "" : "s");
  }
  const std::int64_t open = count_of(stages, SettledBy::nothing);
  if (open > 0 && !explained) {
    print_line("  {} point{} left undecided: the Hessian or the bound on its error is not finite",
               open, open == 1 ? "" : "s");
  }
}

/// Where the errors of a Hessian are too large for a number, the Hessian itself may not be.
void print_unbounded(const GridResult& result, const ScanResult& scanned,
                     const std::function<std::string(std::int64_t)>& name) {
  using enum Quantity;
  std::vector<std::int64_t> unbounded;
  for (std::int64_t p = 0; p < result.points(); ++p) {
    for (const auto& [value, error] :
         {std::pair{min_eigenvalue, min_eigenvalue_error},
          std::pair{max_eigenvalue, max_eigenvalue_error}, std::pair{trace, trace_error},
          std::pair{negative_count, eigenvalue_error}}) {
      const auto values = scanned.values.find(value);
      const auto errors = scanned.values.find(error);
      if (values == scanned.values.end() || errors == scanned.values.end()) continue;
      const auto i = static_cast<std::size_t>(p);
      if (!std::isfinite(values->second.data[i]) || !std::isinf(errors->second.data[i])) continue;
      unbounded.push_back(p);
      break;
    }
  }
  if (unbounded.empty()) return;
  print_line(
      "the error bound is not finite at {} of {} points: {}; what is computed of the Hessian there "
      "proves nothing",
      unbounded.size(), result.points(), first_few(unbounded, name));
}

/// Each checkpoint's distance from the plane; of many, the largest.
void print_trajectory(const std::vector<Marker>& markers) {
  std::vector<Marker> steps;
  std::ranges::copy_if(markers, std::back_inserter(steps), [](const Marker& marker) {
    return marker.kind == Marker::Kind::trajectory;
  });
  if (steps.empty()) return;
  constexpr std::size_t most_lines = 12;
  if (steps.size() > most_lines) {
    const Marker& farthest = *std::ranges::max_element(steps, {}, &Marker::out_of_plane);
    print_line("{} checkpoints at most {:.4g} from the plane ({}); convexscan info lists them",
               steps.size(), farthest.out_of_plane, farthest.name);
    return;
  }
  for (const Marker& step : steps) {
    print_line("{}: ({:.4g}, {:.4g}), {:.4g} from the plane", step.name, step.x, step.y,
               step.out_of_plane);
  }
}

void print_summary(const GridResult& result, const ScanResult& scanned) {
  const std::int64_t points = result.points();
  const auto coordinates = [&](std::int64_t p) {
    const auto columns = static_cast<std::int64_t>(result.x.size());
    return fmt::format("({:.6g}, {:.6g})", result.x[static_cast<std::size_t>(p % columns)],
                       result.y[static_cast<std::size_t>(p / columns)]);
  };
  const auto loss = scanned.values.find(Quantity::loss);
  const std::vector<std::int64_t> lost =
      loss == scanned.values.end() ? std::vector<std::int64_t>{} : missing_points(loss->second);
  print_line("{} x {} points on {} in {}", result.x.size(), result.y.size(),
             result.provenance.device, duration_text(scanned.elapsed_seconds));
  if (!result.provenance.loss_path.empty()) {
    print_line("losses: {}", result.provenance.loss_path);
  }
  if (!result.provenance.eigensolver.empty()) {
    print_line("eigensolver: {} ({})", result.provenance.eigensolver,
               result.provenance.eigensolver_reason);
  }
  for (const auto& entry : scanned.values) {
    const Quantity quantity = entry.first;
    const Values& values = entry.second;
    if (quantity == Quantity::verdict) print_verdicts(values.data);
    if (quantity == Quantity::settled_by) {
      // Matrix-free, a positive value proves nothing; and a value has its error beside it.
      print_stages(values.data, result.provenance.eigensolver == "lanczos" ||
                                    scanned.values.contains(Quantity::min_eigenvalue));
    }
    if (is_category(quantity) || quantity == Quantity::kink_mass) continue;
    const std::vector<std::int64_t> gaps = missing_points(values);
    // Those of the loss are named below.
    const std::string names = gaps == lost ? "" : ": " + first_few(gaps, coordinates);
    const std::string missing =
        gaps.empty() ? "" : fmt::format("{} of {} points not finite{}", gaps.size(), points, names);
    if (quantity == Quantity::min_eigenvector) continue;
    if (values.components != 1) {
      if (!missing.empty()) print_line("{}: {}", info(quantity).name, missing);
      continue;
    }
    std::int64_t low = -1;
    std::int64_t high = -1;
    for (std::int64_t p = 0; p < points; ++p) {
      const double value = values.data[static_cast<std::size_t>(p)];
      if (!std::isfinite(value)) continue;
      if (low < 0 || value < values.data[static_cast<std::size_t>(low)]) low = p;
      if (high < 0 || value > values.data[static_cast<std::size_t>(high)]) high = p;
    }
    if (low < 0) {
      print_line("{}: nowhere finite", info(quantity).name);
      continue;
    }
    const auto place = [&](std::int64_t p) {
      return fmt::format("{:.6g} at {}", values.data[static_cast<std::size_t>(p)], coordinates(p));
    };
    print_line("{}: from {} to {}{}{}", info(quantity).name, place(low), place(high),
               missing.empty() ? "" : "; ", missing);
  }
  if (!lost.empty()) {
    print_line("{} of {} points are not finite: {}; they stay in the file as they are", lost.size(),
               points, first_few(lost, coordinates));
  }
  print_unbounded(result, scanned, coordinates);
  print_trajectory(result.markers);
}

int run(const GridOptions& options) {
  const Problem problem = load_problem(options.objective);
  print_notices(problem, options.output);
  const QuantitySet quantities = chosen_quantities(options, problem.objective);
  EvaluationOptions evaluation;
  evaluation.eigensolver = parse_eigensolver(options.eigensolver);
  if (quantities.contains(Quantity::accuracy) &&
      (problem.objective.network() == nullptr ||
       problem.objective.network()->accuracy == Accuracy::none)) {
    throw UsageError("--quantities accuracy: this objective has no right answers to count");
  }
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);
  const bool spectrum = std::ranges::any_of(quantities, is_of_the_spectrum);
  refuse_idle_solver(options, spectrum);
  const ScannedPlane scanned = make_plane(options.plane, options.objective, problem);
  evaluation.grid = scanned.axes();

  if (quantities.contains(Quantity::min_eigenvector)) {
    // The scan's, the result's, and those of the file, which is made in memory.
    const double points = static_cast<double>(scanned.points().count());
    const auto parameters = problem.objective.parameter_count();
    require_memory(
        fmt::format("--quantities min_eigenvector: {} parameters at {} points", parameters, points),
        4.0 * points * static_cast<double>(parameters));
  }
  std::vector<std::string> inputs = problem.files;
  std::ranges::copy(options.plane.files(), std::back_inserter(inputs));
  require_writable(options.output, inputs);
  ScanResult result;
  {
    ProgressLine progress("scanning", options.output.quiet);
    bool noted = !spectrum || options.device.precision != "float32" || options.output.quiet;
    result = scan(
        *backend, scanned.plane.slice, scanned.points(), quantities,
        [&](std::int64_t done, std::int64_t points) {
          // With the first points: until then the options may still be refused.
          if (!std::exchange(noted, true)) {
            print_note("eigenvalues and verdicts are float64 whatever --precision says");
          }
          progress.show(done, points);
        },
        &stop_requested(), evaluation);
  }
  GridResult grid_result;
  grid_result.x = scanned.x.values();
  grid_result.y = scanned.y.values();
  grid_result.values = result.values;
  grid_result.slice = scanned.plane.slice;
  for (const PlaneMark& mark : scanned.plane.marks) {
    grid_result.markers.push_back({mark.on_path ? Marker::Kind::trajectory : Marker::Kind::point,
                                   mark.name, mark.x, mark.y, mark.out_of_plane});
  }
  grid_result.provenance = provenance(problem, options.device, options.objective.seed);
  grid_result.provenance.device = backend->device();
  grid_result.provenance.directions = scanned.plane.description;
  grid_result.provenance.elapsed_seconds = result.elapsed_seconds;
  grid_result.provenance.loss_path = result.loss_path;
  if (!result.eigensolver.reason.empty()) {
    grid_result.provenance.eigensolver = result.eigensolver.described();
    grid_result.provenance.eigensolver_reason = result.eigensolver.reason;
  }
  std::optional<GapSummary> gap;
  if (quantities.contains(Quantity::loss)) {
    const Precision precision =
        options.device.precision == "float32" ? Precision::float32 : Precision::float64;
    ProgressLine progress("convexity gap", options.output.quiet, std::chrono::seconds(1));
    gap = add_convexity_gap(
        problem.objective, precision, scanned.points(), grid_result, &stop_requested(),
        [&](std::int64_t done, std::int64_t points) { progress.show(done, points); });
  }
  write_result(options.output.file, grid_result, options.output.overwrite);
  say_when_interrupted(fmt::format("interrupted; the result is in {}", options.output.file));
  if (!options.output.quiet) {
    print_summary(grid_result, result);
    if (gap) print_gap(grid_result, *gap);
    print_kinks(problem.objective, grid_result);
    print_line("result in {}", options.output.file);
  }
  return 0;
}

}  // namespace

void add_grid(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("grid", "Scan a plane of parameter space.");
  auto options = std::make_shared<GridOptions>();
  options->output.file = "scan.nc";
  options->plane.add_to(*command);
  command
      ->add_option(
          "--quantities", options->quantities,
          fmt::format("what to compute, joined by commas: {} (default: loss, and accuracy where it "
                      "means something)",
                      quantity_names()))
      ->group("Plane")
      ->type_name("NAMES");
  command
      ->add_option("--eigensolver", options->eigensolver,
                   "cusolver: a dense solver, cuSOLVER or LAPACK on the CPU; cascade: the cheapest "
                   "proof of a verdict or of the smallest eigenvalue first; lanczos: matrix-free")
      ->group("Computation")
      ->type_name("auto|cusolver|cascade|lanczos")
      ->capture_default_str();
  options->objective.add_to(*command);
  options->device.add_to(*command);
  options->output.add_to(*command, "netCDF file to write");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
