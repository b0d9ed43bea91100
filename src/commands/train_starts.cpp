// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/train_starts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "commands/interrupt.hpp"
#include "commands/memory_limit.hpp"
#include "commands/progress_line.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/starts.hpp"
#include "convexscan/weights.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

/// Hessians of up to so many parameters cost less than the training that led there.
constexpr std::size_t counted_without_asking = 500;

void check(const StartsOptions& options) {
  if (!options.objective.weights.empty()) {
    throw UsageError("--starts draws fresh weights for every start; leave --weights out");
  }
  if (!options.checkpoints.empty()) {
    throw UsageError("--checkpoints follows one training; leave --starts or --checkpoints out");
  }
  if (options.starts > std::numeric_limits<std::int32_t>::max()) {
    throw UsageError("--starts: more than 2147483647 starts are not possible");
  }
}

/// All starts run side by side: each with L-BFGS's 20 pairs of vectors and some 10 more, and the
/// two pages or so of its stack that are used.
void require_room(std::int64_t starts, std::int64_t parameters) {
  constexpr double vectors = 50.0;
  constexpr double stack = 1024.0;
  require_memory(fmt::format("--starts {}", starts),
                 static_cast<double>(starts) * (vectors * static_cast<double>(parameters) + stack));
}

/// What was found at the ends, by name: (starts).
using Columns = std::map<std::string, std::vector<double>>;

/// Indices of the ends from the lowest loss to the highest, those without a loss last.
std::vector<std::size_t> by_loss(const std::vector<TrainingResult>& ends) {
  std::vector<std::size_t> order(ends.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const double x = ends[a].loss;
    const double y = ends[b].loss;
    return std::isnan(y) ? !std::isnan(x) : x < y;
  });
  return order;
}

void print_row(const char* what, std::size_t start, const std::vector<TrainingResult>& ends,
               const Columns& columns) {
  const TrainingResult& end = ends[start];
  std::string line = fmt::format("{:<7} start {:<5} loss {:<13.9g} gradient norm {:<9.3g}", what,
                                 start, end.loss, end.gradient_norm);
  if (const auto found = columns.find("accuracy"); found != columns.end()) {
    line += fmt::format(" accuracy {:.4f}", found->second[start]);
  }
  if (const auto found = columns.find("negative_count"); found != columns.end()) {
    line += fmt::format("  {:g} negative", found->second[start]);
  }
  print_line("{}", line);
}

void print_negative(const Columns& columns) {
  const auto found = columns.find("negative_count");
  if (found == columns.end()) return;
  std::map<double, std::int64_t> counts;
  std::int64_t unknown = 0;
  for (const double count : found->second) {
    std::isnan(count) ? ++unknown : ++counts[count];
  }
  std::vector<std::string> parts;
  parts.reserve(counts.size() + 1);
  for (const auto& [count, ends] : counts) parts.push_back(fmt::format("{:g} at {}", count, ends));
  if (unknown > 0) parts.push_back(fmt::format("not finite at {}", unknown));
  double largest = 0.0;
  for (const double tau : columns.at("eigenvalue_error")) {
    if (tau > largest) largest = tau;
  }
  print_line("negative directions (eigenvalues below -tau, tau up to {:.2g}): {}", largest,
             fmt::join(parts, ", "));
}

void print_summary(const std::vector<TrainingResult>& ends, const Columns& columns) {
  const std::vector<std::size_t> order = by_loss(ends);
  print_row("best", order.front(), ends, columns);
  print_row("median", order[(order.size() - 1) / 2], ends, columns);
  print_row("worst", order.back(), ends, columns);
  print_negative(columns);
  std::map<std::string, std::int64_t> reasons;
  for (const TrainingResult& end : ends) ++reasons[end.reason];
  for (const auto& [reason, count] : reasons) print_line("{} ended: {}", count, reason);
}

/// What can be said of every end besides its loss.
Columns columns_of(Backend& backend, const Objective& objective,
                   const std::vector<TrainingResult>& ends, bool count_negative) {
  QuantitySet quantities;
  const NetworkTask* network = objective.network();
  if (network != nullptr && network->accuracy != Accuracy::none) {
    quantities.insert(Quantity::accuracy);
  }
  if (count_negative || objective.subset.size() <= counted_without_asking) {
    quantities.insert({Quantity::negative_count, Quantity::eigenvalue_error,
                       Quantity::min_eigenvalue, Quantity::min_eigenvalue_error});
  }
  Columns columns;
  for (const TrainingResult& end : ends) {
    if (stop_requested()) throw Interrupted();
    if (quantities.empty()) break;
    EvaluationOptions evaluation;
    evaluation.eigensolver = quantities.contains(Quantity::negative_count) ? Eigensolver::cusolver
                                                                           : Eigensolver::automatic;
    const ValueTable values = backend.point_values(end.theta, 1, quantities, evaluation);
    for (const auto& [quantity, found] : values) {
      columns[std::string(info(quantity).name)].push_back(found.data.front());
    }
  }
  return columns;
}

}  // namespace

int train_from_starts(const StartsOptions& options) {
  check(options);
  const Problem problem = load_problem(options.objective);
  require_room(options.starts, problem.objective.parameter_count());
  print_notices(problem, options.output);
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);
  require_writable(options.output, problem.files);
  const std::vector<double> starts =
      fresh_starts(problem.objective, parse_initialization(options.objective.init), options.starts,
                   options.objective.seed);
  std::vector<TrainingResult> ends;
  {
    ProgressLine progress("training: starts that have ended", options.output.quiet);
    ends = train_starts(*backend, problem.objective, starts, options.training,
                        [&](std::int64_t ended, std::int64_t) {
                          progress.show(ended, options.starts);
                          return !stop_requested();
                        });
  }
  if (std::ranges::none_of(ends, [](const auto& end) { return std::isfinite(end.loss); })) {
    throw Error(fmt::format(
        "the loss is finite at none of {} starts; start from smaller weights, as with --init",
        ends.size()));
  }
  const Columns columns =
      columns_of(*backend, problem.objective, ends, options.negative_directions);
  std::vector<NamedValues> further;
  for (const auto& [name, column] : columns) further.emplace_back(name, column);
  save_starts(options.output.file, ends, options.output.overwrite, further);
  say_when_interrupted(fmt::format("interrupted; the weights are in {}", options.output.file));
  if (options.output.quiet) return 0;

  const auto converged = std::ranges::count_if(ends, [](const auto& end) { return end.converged; });
  print_line("{} on {}", problem.objective.description(), backend->device());
  print_line("{} starts, seeds {} to {}: {} converged", ends.size(), options.objective.seed,
             options.objective.seed + static_cast<std::uint64_t>(options.starts) - 1, converged);
  print_summary(ends, columns);
  print_line("weights in {}: theta ({}, {}), one start a row", options.output.file, ends.size(),
             problem.objective.parameter_count());
  return 0;
}

}  // namespace convexscan::commands
