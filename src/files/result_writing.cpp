// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <numeric>

#include "convexscan/curvature.hpp"
#include "files/result_variables.hpp"

namespace convexscan {
namespace {

using netcdf::Dimension;
using netcdf::Writer;

/// A category as the file holds it: a byte with CF flags, the meanings' places in their list; 0 for
/// what is none of them.
int write_flags(Writer& file, const std::vector<Dimension>& shape, const QuantityInfo& quantity,
                const std::vector<std::string>& meanings, const Values& values) {
  std::vector<std::int8_t> places(meanings.size());
  std::iota(places.begin(), places.end(), std::int8_t{0});
  std::vector<std::int8_t> flags;
  for (const double value : values.data) {
    const bool known = value >= 0.0 && value < static_cast<double>(meanings.size());
    flags.push_back(known ? static_cast<std::int8_t>(value) : std::int8_t{0});
  }
  const int id =
      file.variable(std::string(quantity.name), shape, std::span<const std::int8_t>(flags));
  file.attribute(id, "long_name", quantity.long_name);
  file.attribute(id, "flag_values", std::span<const std::int8_t>(places));
  file.attribute(id, "flag_meanings", fmt::format("{}", fmt::join(meanings, " ")));
  return id;
}

std::vector<std::string> all_stages() {
  std::vector<std::string> names;
  names.reserve(settled_by_count);
  for (int stage = 0; stage < settled_by_count; ++stage) {
    names.emplace_back(name(static_cast<SettledBy>(stage)));
  }
  return names;
}

/// (points, layers) as (layer, slow, fast), so that each layer is a map.
int write_layers(Writer& file, Dimension slow, Dimension fast, const QuantityInfo& quantity,
                 const Values& values) {
  const std::size_t layers = static_cast<std::size_t>(values.components);
  const std::size_t points = slow.length * fast.length;
  const bool first = !file.has_dimension("layer");
  const Dimension layer = file.dimension("layer", layers);
  std::vector<double> maps(values.data.size());
  std::vector<std::int64_t> numbers(layers);
  for (std::size_t l = 0; l < layers; ++l) {
    numbers[l] = static_cast<std::int64_t>(l) + 1;
    for (std::size_t p = 0; p < points; ++p) maps[l * points + p] = values.data.at(p * layers + l);
  }
  if (first) {
    const int number = file.variable("layer", {layer}, std::span<const std::int64_t>(numbers));
    file.attribute(number, "long_name", "layer, from 1 at the input");
  }
  const int id =
      file.variable(std::string(quantity.name), {layer, slow, fast}, std::span<const double>(maps));
  describe(file, id, quantity.long_name, quantity.units);
  return id;
}

/// Returns the variable's id.
int write_quantity(Writer& file, Dimension slow, Dimension fast, Quantity quantity,
                   const Values& values) {
  const QuantityInfo& row = info(quantity);
  if (quantity == Quantity::verdict) {
    return write_flags(file, {slow, fast}, row, {"undecided", "locally_convex", "not_convex"},
                       values);
  }
  if (quantity == Quantity::settled_by) {
    return write_flags(file, {slow, fast}, row, all_stages(), values);
  }
  if (quantity == Quantity::layer_min_eigenvalue ||
      quantity == Quantity::layer_min_eigenvalue_error) {
    return write_layers(file, slow, fast, row, values);
  }
  std::vector<Dimension> shape{slow, fast};
  if (quantity == Quantity::min_eigenvector) {
    shape.push_back(file.dimension("parameter", static_cast<std::size_t>(values.components)));
  }
  const bool plane = quantity == Quantity::plane_hessian;
  if (plane) {
    shape.push_back(file.dimension("plane_component", static_cast<std::size_t>(values.components)));
  }
  const int id = file.variable(std::string(row.name), shape, std::span<const double>(values.data));
  describe(file, id, row.long_name, row.units);
  if (plane) file.attribute(id, "components", "xx xy yy");
  return id;
}

}  // namespace

void describe(netcdf::Writer& file, int variable, std::string_view long_name,
              std::string_view units) {
  file.attribute(variable, "long_name", long_name);
  file.attribute(variable, "units", units);
}

void write_quantities(Writer& file, Dimension slow, Dimension fast, const ValueTable& values,
                      const Provenance& provenance) {
  const bool lanczos = provenance.eigensolver == name(Eigensolver::lanczos);
  for (const auto& [quantity, data] : values) {
    const int id = write_quantity(file, slow, fast, quantity, data);
    if (!lanczos || quantity != Quantity::min_eigenvalue) continue;
    file.attribute(id, "comment",
                   "an eigenvalue lies within min_eigenvalue_error; that none is smaller is likely "
                   "and not proved: Lanczos, " +
                       provenance.eigensolver_reason);
  }
}

void write_maps(Writer& file, const std::vector<Dimension>& shape,
                const std::vector<DerivedMap>& maps) {
  for (const DerivedMap& map : maps) {
    const int id = file.variable(map.name, shape, std::span<const double>(map.data));
    describe(file, id, map.long_name);
    if (map.least_real > 0.0) file.attribute(id, "least_real", map.least_real);
  }
}

void write_provenance(netcdf::Writer& file, const Provenance& p, std::string_view title,
                      std::int64_t not_finite) {
  const auto write = [&](const char* name, std::string_view value) {
    if (!value.empty()) file.attribute(Writer::global, name, value);
  };
  write("Conventions", "CF-1.10");
  write("title", fmt::format("{}{}{}", title, p.model.empty() ? "" : " of ", p.model));
  write("source", "convexscan " + p.version);
  write("history", fmt::format("{}{}{}", p.created, p.created.empty() ? "" : ": ", p.command_line));
  write("command_line", p.command_line);
  write("comment", p.comment);
  write("created", p.created);
  write("version", p.version);
  write("device", p.device);
  write("precision", p.precision);
  write("model", p.model);
  write("model_hash", p.model_hash);
  write("data_hash", p.data_hash);
  write("objective", p.objective);
  write("penalty", p.penalty);
  write("parameters_subset", p.parameters_subset);
  write("loss_path", p.loss_path);
  write("eigensolver", p.eigensolver);
  write("eigensolver_reason", p.eigensolver_reason);
  write("directions", p.directions);
  file.attribute(Writer::global, "seed", p.seed);
  file.attribute(Writer::global, "elapsed_seconds", p.elapsed_seconds);
  file.attribute(Writer::global, "not_finite_points", not_finite);
}

}  // namespace convexscan
