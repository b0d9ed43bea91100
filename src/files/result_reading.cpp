// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>

#include "files/result_variables.hpp"

namespace convexscan {
namespace {

using netcdf::Reader;
using Shape = std::vector<std::string>;

const QuantityInfo* quantity_named(std::string_view name) {
  const std::span<const QuantityInfo> table = quantity_table();
  const auto row = std::ranges::find(table, name, &QuantityInfo::name);
  return row == table.end() ? nullptr : &*row;
}

/// (layer, slow, fast) back to (points, layers).
Values read_layers(const Reader& file, const std::string& name, std::size_t points) {
  const std::vector<double> maps = file.numbers(name);
  const std::size_t layers = maps.size() / points;
  Values values{static_cast<std::int64_t>(layers), std::vector<double>(maps.size())};
  for (std::size_t l = 0; l < layers; ++l) {
    for (std::size_t p = 0; p < points; ++p) values.data[p * layers + l] = maps[l * points + p];
  }
  return values;
}

}  // namespace

void read_variables(const Reader& file, const std::string& slow, const std::string& fast,
                    ValueTable& values, std::vector<DerivedMap>& derived) {
  const std::size_t points = file.length(slow) * file.length(fast);
  for (const std::string& name : file.variables()) {
    const Shape shape = file.dimensions(name);
    const QuantityInfo* known = quantity_named(name);
    if (known != nullptr && shape == Shape{"layer", slow, fast}) {
      values[known->quantity] = read_layers(file, name, points);
    } else if (known != nullptr && shape == Shape{slow, fast, "plane_component"}) {
      const std::int64_t components = static_cast<std::int64_t>(file.length("plane_component"));
      values[known->quantity] = {components, file.numbers(name)};
    } else if (known != nullptr && shape == Shape{slow, fast, "parameter"}) {
      const std::int64_t components = static_cast<std::int64_t>(file.length("parameter"));
      values[known->quantity] = {components, file.numbers(name)};
    } else if (known != nullptr && shape == Shape{slow, fast}) {
      values[known->quantity] = {1, file.numbers(name)};
    } else if (known != nullptr) {
      file.fail(fmt::format("{} does not have the dimensions {}, {}", name, slow, fast));
    } else if (shape == Shape{slow, fast}) {
      derived.push_back({name, file.text(name, "long_name"), file.numbers(name),
                         file.number("least_real", name)});
    }
  }
}

Provenance read_provenance(const Reader& file) {
  const auto text = [&](const char* name) { return file.text("", name); };
  Provenance p;
  p.command_line = text("command_line");
  p.comment = text("comment");
  p.created = text("created");
  p.version = text("version");
  p.device = text("device");
  p.precision = text("precision");
  p.model = text("model");
  p.model_hash = text("model_hash");
  p.data_hash = text("data_hash");
  p.objective = text("objective");
  p.penalty = text("penalty");
  p.parameters_subset = text("parameters_subset");
  p.loss_path = text("loss_path");
  p.eigensolver = text("eigensolver");
  p.eigensolver_reason = text("eigensolver_reason");
  p.directions = text("directions");
  p.seed = file.whole_number("seed");
  p.elapsed_seconds = file.number("elapsed_seconds");
  return p;
}

}  // namespace convexscan
