// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>

#include "convexscan/convexify.hpp"
#include "files/result_variables.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

using netcdf::Dimension;
using netcdf::Writer;

/// Ends beyond so many numbers are left out.
constexpr std::size_t held_entries = std::size_t{1} << 24;

/// Variables over (level), (level, start) and (level, start, layer) from one function each.
class LevelVariables {
 public:
  LevelVariables(Writer& file, const ConvexifyResult& result)
      : file_(file),
        levels_(result.levels),
        level_(file.dimension("level", levels_.size())),
        start_(file.dimension("start", levels_.front().ends.size())) {}

  template <class Value>
  void per_level(const char* name, const char* long_name, Value value) {
    std::vector<double> data;
    for (const ConvexifyLevel& level : levels_) data.push_back(static_cast<double>(value(level)));
    write(name, long_name, {level_}, data);
  }

  template <class Value>
  void per_start(const char* name, const char* long_name, Value value) {
    std::vector<double> data;
    for (const ConvexifyLevel& level : levels_) {
      for (std::size_t k = 0; k < level.ends.size(); ++k) {
        data.push_back(static_cast<double>(value(level, k)));
      }
    }
    write(name, long_name, {level_, start_}, data);
  }

  template <class Value>
  void per_layer(Dimension layer, const char* name, const char* long_name, Value value) {
    std::vector<double> data;
    for (const ConvexifyLevel& level : levels_) {
      for (const std::vector<LayerWidth>& widths : level.widths) {
        for (const LayerWidth& width : widths) data.push_back(static_cast<double>(value(width)));
      }
    }
    write(name, long_name, {level_, start_, layer}, data);
  }

  void minimisers(Dimension parameter) {
    std::vector<double> data;
    for (const ConvexifyLevel& level : levels_) {
      for (const TrainingResult& end : level.ends) {
        data.insert(data.end(), end.theta.begin(), end.theta.end());
      }
    }
    write("minimiser", "where the minimisation ended", {level_, start_, parameter}, data);
  }

 private:
  void write(const char* name, const char* long_name, const std::vector<Dimension>& shape,
             const std::vector<double>& data) {
    describe(file_, file_.variable(name, shape, std::span<const double>(data)), long_name);
  }

  Writer& file_;
  const std::vector<ConvexifyLevel>& levels_;
  Dimension level_;
  Dimension start_;
};

void write_levels(LevelVariables& variables) {
  variables.per_level("lambda", "strength of the added penalty",
                      [](const ConvexifyLevel& level) { return level.lambda; });
  variables.per_level("smallest_eigenvalue",
                      "smallest eigenvalue seen on the region, in the metric of the penalty",
                      [](const ConvexifyLevel& level) { return level.smallest_eigenvalue; });
  variables.per_level("median_distance", "median distance between two minimisers",
                      [](const ConvexifyLevel& level) { return level.median_distance; });
  variables.per_level("largest_distance", "largest distance between two minimisers",
                      [](const ConvexifyLevel& level) { return level.largest_distance; });
  variables.per_level("best_start", "start with the lowest penalised loss, from 0",
                      [](const ConvexifyLevel& level) { return level.best; });
  variables.per_start("loss", "loss without the added penalty",
                      [](const ConvexifyLevel& level, std::size_t k) { return level.loss[k]; });
  variables.per_start(
      "penalised_loss", "loss with the added penalty",
      [](const ConvexifyLevel& level, std::size_t k) { return level.ends[k].loss; });
  variables.per_start(
      "gradient_norm", "norm of the gradient of the penalised loss",
      [](const ConvexifyLevel& level, std::size_t k) { return level.ends[k].gradient_norm; });
  variables.per_start(
      "converged", "1 where the minimisation converged",
      [](const auto& level, std::size_t k) { return level.ends[k].converged ? 1 : 0; });
  variables.per_start("inside_region", "1 where the minimiser is in the region",
                      [](const auto& level, std::size_t k) { return level.inside[k] ? 1 : 0; });
}

void write_widths(Writer& file, LevelVariables& variables, const std::vector<LayerWidth>& widths) {
  if (widths.empty()) return;
  const Dimension layer = file.dimension("layer", widths.size());
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> neurons;
  for (const LayerWidth& width : widths) {
    numbers.push_back(static_cast<std::int64_t>(numbers.size()) + 1);
    neurons.push_back(width.neurons);
  }
  file.attribute(file.variable("layer", {layer}, std::span<const std::int64_t>(numbers)),
                 "long_name", "hidden layer, from 1 at the input");
  file.attribute(file.variable("neurons", {layer}, std::span<const std::int64_t>(neurons)),
                 "long_name", "neurons of the layer");
  variables.per_layer(layer, "distinct_neurons",
                      "neurons that differ, up to sign, and are not dead",
                      [](const LayerWidth& width) { return width.distinct; });
  variables.per_layer(layer, "dead_neurons", "neurons that contribute nothing but a constant",
                      [](const LayerWidth& width) { return width.dead; });
  variables.per_layer(layer, "participation_ratio",
                      "participation ratio of what the layer passes on",
                      [](const LayerWidth& width) { return width.participation_ratio; });
}

int write_vector(Writer& file, Dimension parameter, const char* name, const char* long_name,
                 const std::vector<double>& data) {
  const int id = file.variable(name, {parameter}, std::span<const double>(data));
  describe(file, id, long_name);
  return id;
}

/// What it takes to make the region again.
void write_region(Writer& file, Dimension parameter, const ConvexifyResult& result) {
  const RegionShape& shape = result.shape;
  file.attribute(Writer::global, "region", result.region);
  file.attribute(Writer::global, "region_kind", shape.kind);
  if (shape.directions.empty()) file.attribute(Writer::global, "region_radius", shape.radius);
  write_vector(file, parameter, "origin",
               shape.directions.empty() ? "centre of the region" : "origin of the region's plane",
               shape.origin);
  std::vector<double> lower;
  std::vector<double> upper;
  for (const auto& [low, high] : result.bounds) {
    lower.push_back(low);
    upper.push_back(high);
  }
  write_vector(file, parameter, "lower_bound",
               "lowest value on the region; that of upper_bound where the parameter stays", lower);
  write_vector(file, parameter, "upper_bound", "highest value on the region", upper);
  if (shape.directions.empty()) return;
  const Dimension axis = file.dimension("axis", shape.directions.size());
  const Dimension end = file.dimension("end", 2);
  std::vector<double> directions;
  std::vector<double> extents;
  for (std::size_t k = 0; k < shape.directions.size(); ++k) {
    directions.insert(directions.end(), shape.directions[k].begin(), shape.directions[k].end());
    extents.insert(extents.end(), {shape.extents[k].first, shape.extents[k].second});
  }
  describe(file, file.variable("direction", {axis, parameter}, std::span<const double>(directions)),
           "direction of each axis of the plane");
  describe(file, file.variable("extent", {axis, end}, std::span<const double>(extents)),
           "coordinates along each axis between which the region lies");
}

}  // namespace

void write_result(const std::filesystem::path& path, const ConvexifyResult& result,
                  bool overwrite) {
  const std::size_t parameters = result.worst.theta.size();
  const std::size_t ends = result.levels.size() * result.levels.front().ends.size() * parameters;
  const bool keep_ends = ends <= held_entries;
  Writer file(path.string(),
              (keep_ends ? ends : 0) * sizeof(double) + parameters * 96 + (std::size_t{1} << 16));
  LevelVariables variables(file, result);
  write_levels(variables);
  if (!result.levels.front().accuracy.empty()) {
    variables.per_start("accuracy", "share of right answers",
                        [](const auto& level, std::size_t k) { return level.accuracy[k]; });
  }
  if (!result.levels.front().widths.empty()) {
    write_widths(file, variables, result.levels.front().widths.front());
  }
  const Dimension parameter = file.dimension("parameter", parameters);
  if (keep_ends) variables.minimisers(parameter);
  const int witness =
      write_vector(file, parameter, "witness",
                   "point with the most negative curvature that was found", result.worst.theta);
  file.attribute(witness, "eigenvalue", result.worst.value);
  file.attribute(witness, "eigenvalue_error", result.worst.error);
  if (!result.penalty.measure().empty()) {
    file.attribute(witness, "eigenvalue_of", result.penalty.measure());
  }
  file.attribute(witness, "converged", result.worst.witness_converged ? std::int64_t{1} : 0);
  file.attribute(witness, "first_order_gain", result.worst.first_order_gain);
  file.attribute(witness, "missing_hessians", result.worst.missing);
  file.attribute(witness, "least_possible_eigenvalue", result.worst.least_possible);
  write_vector(file, parameter, "witness_direction",
               "direction v of that curvature: v'Hv is its eigenvalue", result.worst.direction);
  write_vector(file, parameter, "penalty_weight", "weights w of the penalty",
               result.penalty.weights);
  write_vector(file, parameter, "penalty_centre", "centre c of the penalty", result.penalty.centre);
  if (result.slope_drop) {
    const SlopeDrop& drop = *result.slope_drop;
    const int id = write_vector(file, parameter, "slope_drop",
                                "point on a kink where the slope drops", drop.theta);
    file.attribute(id, "slope_before", drop.before);
    file.attribute(id, "slope_after", drop.after);
    if (drop.layer > 0) {
      file.attribute(id, "layer", drop.layer);
      file.attribute(id, "neuron", drop.neuron);
      file.attribute(id, "sample", drop.sample);
    }
    write_vector(file, parameter, "slope_drop_direction", "unit direction along which it drops",
                 drop.direction);
  }
  file.attribute(Writer::global, "lambda_star", result.lambda_star);
  file.attribute(Writer::global, "lambda_star_meaning",
                 "lower limit: no smaller lambda makes the objective convex on the region");
  file.attribute(Writer::global, "descents", result.worst.descents);
  file.attribute(Writer::global, "descents_converged", result.worst.converged);
  if (!result.unbounded_term.empty()) {
    // No lambda at all does.
    file.attribute(Writer::global, "unbounded_term", result.unbounded_term);
  }
  write_region(file, parameter, result);
  file.attribute(Writer::global, "added_penalty", result.penalty.description);
  file.attribute(Writer::global, "same_neuron_tolerance", result.same_neuron);
  write_provenance(file, result.provenance, "Convexifying penalty", 0);
  write_whole_file(path, file.finish(), overwrite);
}

}  // namespace convexscan
