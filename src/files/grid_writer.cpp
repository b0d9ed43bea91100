// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "convexscan/result_file.hpp"
#include "files/netcdf_writer.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

using netcdf::Dimension;
using netcdf::Writer;

void describe(Writer& file, int variable, std::string_view long_name, std::string_view units) {
  file.attribute(variable, "long_name", long_name);
  file.attribute(variable, "units", units);
}

/// A verdict as the file holds it: a byte with CF flags.
void write_verdict(Writer& file, const std::vector<Dimension>& shape, const Values& values) {
  std::vector<std::int8_t> flags;
  for (const double value : values.data) {
    flags.push_back(value == 1.0 || value == 2.0 ? static_cast<std::int8_t>(value)
                                                 : std::int8_t{0});
  }
  const QuantityInfo& verdict = info(Quantity::verdict);
  const int id = file.variable("verdict", shape, std::span<const std::int8_t>(flags));
  file.attribute(id, "long_name", verdict.long_name);
  const std::array<std::int8_t, 3> meanings{0, 1, 2};
  file.attribute(id, "flag_values", std::span<const std::int8_t>(meanings));
  file.attribute(id, "flag_meanings", "undecided locally_convex not_convex");
}

/// (points, layers) as (layer, y, x), so that each layer is a map.
void write_layers(Writer& file, Dimension y, Dimension x, const QuantityInfo& quantity,
                  const Values& values) {
  const std::size_t layers = static_cast<std::size_t>(values.components);
  const std::size_t points = y.length * x.length;
  const Dimension layer = file.dimension("layer", layers);
  std::vector<double> maps(values.data.size());
  std::vector<std::int64_t> numbers(layers);
  for (std::size_t l = 0; l < layers; ++l) {
    numbers[l] = static_cast<std::int64_t>(l) + 1;
    for (std::size_t p = 0; p < points; ++p) maps[l * points + p] = values.data.at(p * layers + l);
  }
  const int number = file.variable("layer", {layer}, std::span<const std::int64_t>(numbers));
  file.attribute(number, "long_name", "layer, from 1 at the input");
  const int id =
      file.variable(std::string(quantity.name), {layer, y, x}, std::span<const double>(maps));
  describe(file, id, quantity.long_name, quantity.units);
}

void write_quantity(Writer& file, Dimension y, Dimension x, Quantity quantity,
                    const Values& values) {
  const QuantityInfo& row = info(quantity);
  if (quantity == Quantity::verdict) return write_verdict(file, {y, x}, values);
  if (quantity == Quantity::layer_min_eigenvalue) return write_layers(file, y, x, row, values);
  std::vector<Dimension> shape{y, x};
  const bool plane = quantity == Quantity::plane_hessian;
  if (plane) {
    shape.push_back(file.dimension("plane_component", static_cast<std::size_t>(values.components)));
  }
  const int id = file.variable(std::string(row.name), shape, std::span<const double>(values.data));
  describe(file, id, row.long_name, row.units);
  if (plane) file.attribute(id, "components", "xx xy yy");
}

void write_slice(Writer& file, const Slice& slice) {
  if (slice.origin.empty()) return;
  const Dimension parameter = file.dimension("parameter", slice.origin.size());
  const int origin = file.variable("origin", {parameter}, std::span<const double>(slice.origin));
  describe(file, origin, "parameters at x = 0, y = 0, in the order of PyTorch's parameters()", "1");
  if (slice.directions.empty()) return;
  std::vector<double> flat;
  for (const std::vector<double>& direction : slice.directions) {
    flat.insert(flat.end(), direction.begin(), direction.end());
  }
  const Dimension axis = file.dimension("axis", slice.directions.size());
  const int id = file.variable("direction", {axis, parameter}, std::span<const double>(flat));
  describe(file, id, "parameter change for one unit of x and of y", "1");
}

void write_markers(Writer& file, const std::vector<Marker>& markers) {
  if (markers.empty()) return;
  std::vector<std::int64_t> numbers;
  std::vector<std::int8_t> kinds;
  std::vector<std::string> names;
  std::vector<double> x, y, distances;
  for (const Marker& marker : markers) {
    numbers.push_back(static_cast<std::int64_t>(numbers.size()));
    kinds.push_back(static_cast<std::int8_t>(marker.kind));
    names.push_back(marker.name);
    x.push_back(marker.x);
    y.push_back(marker.y);
    distances.push_back(marker.out_of_plane);
  }
  const std::vector<Dimension> shape{file.dimension("marker", markers.size())};
  const int number = file.variable("marker", shape, std::span<const std::int64_t>(numbers));
  file.attribute(number, "long_name", "number of the marker, from 0");
  const int name = file.variable("marker_name", shape, std::span<const std::string>(names));
  file.attribute(name, "long_name", "name of the marker");
  const int kind = file.variable("marker_kind", shape, std::span<const std::int8_t>(kinds));
  file.attribute(kind, "long_name", "whether the marker is one of a trajectory");
  const std::array<std::int8_t, 2> meanings{0, 1};
  file.attribute(kind, "flag_values", std::span<const std::int8_t>(meanings));
  file.attribute(kind, "flag_meanings", "point trajectory");
  describe(file, file.variable("marker_x", shape, std::span<const double>(x)), "x of the marker",
           "1");
  describe(file, file.variable("marker_y", shape, std::span<const double>(y)), "y of the marker",
           "1");
  describe(file, file.variable("marker_out_of_plane", shape, std::span<const double>(distances)),
           "distance of the marker's parameters from the plane", "1");
}

void write_provenance(Writer& file, const GridResult& result) {
  const Provenance& p = result.provenance;
  const auto write = [&](const char* name, std::string_view value) {
    if (!value.empty()) file.attribute(Writer::global, name, value);
  };
  write("Conventions", "CF-1.10");
  write("title", p.model.empty() ? "Loss landscape" : "Loss landscape of " + p.model);
  write("source", "convexscan " + p.version);
  write("history", fmt::format("{}{}{}", p.created, p.created.empty() ? "" : ": ", p.command_line));
  write("command_line", p.command_line);
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
  write("directions", p.directions);
  file.attribute(Writer::global, "seed", p.seed);
  file.attribute(Writer::global, "elapsed_seconds", p.elapsed_seconds);
  file.attribute(Writer::global, "not_finite_points", not_finite_points(result));
}

std::size_t size_in_bytes(const GridResult& result) {
  std::size_t numbers = result.slice.origin.size() * (1 + result.slice.directions.size());
  for (const auto& [quantity, values] : result.values) numbers += values.data.size();
  for (const DerivedMap& map : result.derived) numbers += map.data.size();
  return numbers * sizeof(double) + (std::size_t{1} << 16);
}

}  // namespace

std::int64_t not_finite_points(const GridResult& result) {
  std::vector<bool> bad(static_cast<std::size_t>(result.points()), false);
  const bool has_loss = result.values.contains(Quantity::loss);
  for (const auto& [quantity, values] : result.values) {
    if (has_loss && quantity != Quantity::loss) continue;
    const std::size_t components = static_cast<std::size_t>(values.components);
    for (std::size_t i = 0; i < std::min(values.data.size(), bad.size() * components); ++i) {
      if (!std::isfinite(values.data[i])) bad[i / components] = true;
    }
  }
  return std::ranges::count(bad, true);
}

void write_result(const std::filesystem::path& path, const GridResult& result, bool overwrite) {
  Writer file(path.string(), size_in_bytes(result));
  const Dimension y = file.dimension("y", result.y.size());
  const Dimension x = file.dimension("x", result.x.size());
  describe(file, file.variable("y", {y}, std::span<const double>(result.y)),
           "coordinate along the second direction", "1");
  describe(file, file.variable("x", {x}, std::span<const double>(result.x)),
           "coordinate along the first direction", "1");
  for (const auto& [quantity, values] : result.values) write_quantity(file, y, x, quantity, values);
  for (const DerivedMap& map : result.derived) {
    describe(file, file.variable(map.name, {y, x}, std::span<const double>(map.data)),
             map.long_name, "1");
  }
  write_slice(file, result.slice);
  write_markers(file, result.markers);
  write_provenance(file, result);
  write_whole_file(path, file.finish(), overwrite);
}

}  // namespace convexscan
