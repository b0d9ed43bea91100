// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "problem.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "convexscan/directions.hpp"
#include "convexscan/error.hpp"
#include "convexscan/train.hpp"
#include "files/npz.hpp"
#include "files/whole_file.hpp"
#include "surfaces.hpp"

namespace convexscan::bench {
namespace {

/// Seeds of the parts of a problem.
enum Seed : std::uint64_t {
  inputs = 1,
  targets,
  weights,
  biases,
  first_direction,
  second_direction
};

Dataset random_data(const Model& model, Loss loss, std::int64_t samples) {
  Dataset data;
  data.samples = samples;
  data.features = model.inputs();
  data.source = "random data";
  data.inputs = normal_numbers(samples * model.inputs(), 1.0, Seed::inputs);
  if (loss == Loss::cross_entropy) {
    std::mt19937_64 random(Seed::targets);
    for (std::int64_t s = 0; s < samples; ++s) {
      data.labels.push_back(
          static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(model.outputs())));
    }
    data.targets.assign(data.labels.begin(), data.labels.end());
    data.target_width = 1;
  } else {
    data.targets = normal_numbers(samples * model.outputs(), 1.0, Seed::targets);
    data.target_width = model.outputs();
  }
  return data;
}

std::vector<double> random_weights(const Model& model) {
  std::vector<double> theta = initial_weights(model, {}, Seed::weights);
  const std::vector<double> noise = normal_numbers(model.parameter_count(), 0.1, Seed::biases);
  for (int l = 0; l < model.depth(); ++l) {
    const std::int64_t from = model.bias_offset(l);
    for (std::int64_t i = from; i < from + model.layers()[static_cast<std::size_t>(l)].outputs;
         ++i) {
      theta[static_cast<std::size_t>(i)] = noise[static_cast<std::size_t>(i)];
    }
  }
  return theta;
}

double norm(std::span<const double> v) {
  return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
}

std::vector<double> direction(std::span<const double> theta, Seed seed) {
  std::vector<double> d = normal_numbers(static_cast<std::int64_t>(theta.size()), 1.0, seed);
  const double scale = norm(theta) / norm(d);
  for (double& value : d) value *= scale;
  return d;
}

}  // namespace

SegmentSource Problem::segments() const {
  return random_segments(objective, slice.origin, region, 1);
}

Problem make_problem(const Workload& workload) {
  Model model = mlp(workload.mlp, parse_activation(workload.activation),
                    default_slope(parse_activation(workload.activation)), true, false);
  const Loss loss = parse_loss(workload.loss);
  const Dataset data = random_data(model, loss, workload.samples);
  std::vector<double> theta = random_weights(model);
  Problem problem{{network_task(std::move(model), data, loss, std::nullopt), {}, {}, "all"},
                  {},
                  {},
                  {},
                  {},
                  {},
                  {},
                  {}};
  problem.objective.subset = parameter_subset(problem.objective, "all");
  if (workload.train > 0) {
    const auto backend = make_backend("cpu", problem.objective, Precision::float64);
    theta = train(*backend, problem.objective, theta,
                  {.max_iterations = static_cast<int>(workload.train)})
                .theta;
  }
  problem.slice.directions = {direction(theta, Seed::first_direction),
                              direction(theta, Seed::second_direction)};
  problem.slice.origin = std::move(theta);
  const Axis axis = workload.side == 1 ? Axis{0.0, 0.0, 1} : Axis{-1.0, 1.0, workload.side};
  problem.points = grid(axis, axis);
  problem.options.grid = {axis, axis};
  problem.quantities = parse_quantities(workload.quantities);
  if (problem.quantities.contains(Quantity::min_eigenvalue)) {
    problem.quantities.insert(Quantity::min_eigenvalue_error);
  }
  if (problem.quantities.contains(Quantity::verdict)) {
    problem.quantities.insert(Quantity::settled_by);
  }
  if (workload.precision != "float64" && workload.precision != "float32") {
    throw Error(workload.name + ": precision is float64 or float32");
  }
  problem.precision = workload.precision == "float32" ? Precision::float32 : Precision::float64;
  problem.options.eigensolver = parse_eigensolver(workload.eigensolver);
  problem.options.lanczos_steps = workload.lanczos_steps;
  if (workload.kind == Kind::segments) problem.places = Axis{0.0, 1.0, workload.places}.values();
  return problem;
}

std::vector<double> symmetric_matrices(std::int64_t n, std::int64_t count) {
  std::vector<double> matrices = normal_numbers(count * n * n, 1.0, 1);
  for (std::int64_t k = 0; k < count; ++k) {
    double* const a = matrices.data() + k * n * n;
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = i + 1; j < n; ++j) a[i * n + j] = a[j * n + i];
    }
  }
  return matrices;
}

void write_problem(const std::filesystem::path& folder, const Workload& workload) {
  std::filesystem::create_directories(folder);
  write_whole_file(folder / "workload.json", workload.row.dump(1) + "\n", true);
  const std::filesystem::path file = folder / "problem.npz";
  if (workload.kind == Kind::envelope) {
    const std::vector<double> heights = surface(workload.surface, workload.side);
    write_npz(file, true,
              std::vector<NamedArray>{{"surface", {workload.side, workload.side}, heights}});
    return;
  }
  if (workload.kind == Kind::spectra) {
    throw Error(workload.name + " is about the eigensolver alone: there is nothing to compare");
  }
  const Problem problem = make_problem(workload);
  const NetworkTask& task = *problem.objective.network();
  const std::int64_t parameters = problem.slice.parameter_count();
  std::vector<double> directions;
  for (const std::vector<double>& d : problem.slice.directions) {
    directions.insert(directions.end(), d.begin(), d.end());
  }
  std::vector<double> targets = task.targets;
  std::vector<std::int64_t> shape{task.samples, task.model.outputs()};
  if (targets.empty()) {
    targets.assign(task.labels.begin(), task.labels.end());
    shape = {task.samples};
  }
  std::vector<NamedArray> arrays{{"x", {task.samples, task.model.inputs()}, task.inputs},
                                 {"y", shape, targets},
                                 {"theta", {parameters}, problem.slice.origin}};
  Segments segments;
  if (workload.kind == Kind::segments) {
    segments = problem.segments()(workload.segments);
    arrays.push_back({"ends", {workload.segments, 2, parameters}, segments.ends});
    arrays.push_back({"t", {workload.places}, problem.places});
  } else {
    arrays.push_back({"directions", {2, parameters}, directions});
    arrays.push_back({"coordinates", {problem.points.count(), 2}, problem.points.coordinates});
  }
  write_npz(file, true, arrays);
}

}  // namespace convexscan::bench
