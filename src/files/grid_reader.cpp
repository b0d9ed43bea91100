// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>

#include "convexscan/result_file.hpp"
#include "files/netcdf_reader.hpp"

namespace convexscan {
namespace {

using netcdf::Reader;
using Shape = std::vector<std::string>;

const QuantityInfo* quantity_named(std::string_view name) {
  const std::span<const QuantityInfo> table = quantity_table();
  const auto row = std::ranges::find(table, name, &QuantityInfo::name);
  return row == table.end() ? nullptr : &*row;
}

/// (layer, y, x) back to (points, layers).
Values read_layers(const Reader& file, const std::string& name, std::size_t points) {
  const std::vector<double> maps = file.numbers(name);
  const std::size_t layers = maps.size() / points;
  Values values{static_cast<std::int64_t>(layers), std::vector<double>(maps.size())};
  for (std::size_t l = 0; l < layers; ++l) {
    for (std::size_t p = 0; p < points; ++p) values.data[p * layers + l] = maps[l * points + p];
  }
  return values;
}

void read_maps(const Reader& file, GridResult& result) {
  for (const std::string& name : file.variables()) {
    const Shape shape = file.dimensions(name);
    const QuantityInfo* known = quantity_named(name);
    if (known != nullptr && shape == Shape{"layer", "y", "x"}) {
      result.values[known->quantity] =
          read_layers(file, name, static_cast<std::size_t>(result.points()));
    } else if (known != nullptr && shape == Shape{"y", "x", "plane_component"}) {
      const std::int64_t components = static_cast<std::int64_t>(file.length("plane_component"));
      result.values[known->quantity] = {components, file.numbers(name)};
    } else if (known != nullptr && shape == Shape{"y", "x"}) {
      result.values[known->quantity] = {1, file.numbers(name)};
    } else if (known != nullptr) {
      file.fail(name + " does not have the dimensions y, x; give a result of convexscan");
    } else if (shape == Shape{"y", "x"}) {
      result.derived.push_back({name, file.text(name, "long_name"), file.numbers(name)});
    }
  }
}

Slice read_slice(const Reader& file) {
  Slice slice;
  if (!file.has("origin")) return slice;
  slice.origin = file.numbers("origin");
  if (!file.has("direction")) return slice;
  const std::vector<double> flat = file.numbers("direction");
  if (flat.size() % slice.origin.size() != 0) file.fail("direction and origin differ in length");
  const auto length = static_cast<std::ptrdiff_t>(slice.origin.size());
  for (auto first = flat.begin(); first != flat.end(); first += length) {
    slice.directions.emplace_back(first, first + length);
  }
  return slice;
}

std::vector<Marker> read_markers(const Reader& file) {
  std::vector<Marker> markers;
  if (!file.has("marker_x")) return markers;
  const std::vector<double> x = file.numbers("marker_x");
  const std::vector<double> y = file.numbers("marker_y");
  const std::vector<double> distances = file.numbers("marker_out_of_plane");
  const std::vector<double> kinds = file.numbers("marker_kind");
  const std::vector<std::string> names = file.texts("marker_name");
  if (y.size() != x.size() || distances.size() != x.size() || kinds.size() != x.size() ||
      names.size() != x.size()) {
    file.fail("the marker variables differ in length");
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    markers.push_back({kinds[i] == 1.0 ? Marker::Kind::trajectory : Marker::Kind::point, names[i],
                       x[i], y[i], distances[i]});
  }
  return markers;
}

Provenance read_provenance(const Reader& file) {
  const auto text = [&](const char* name) { return file.text("", name); };
  Provenance p;
  p.command_line = text("command_line");
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
  p.directions = text("directions");
  p.seed = file.whole_number("seed");
  p.elapsed_seconds = file.number("elapsed_seconds");
  return p;
}

}  // namespace

GridResult read_result(const std::filesystem::path& path) {
  const Reader file(path);
  GridResult result;
  for (const char* axis : {"x", "y"}) {
    if (!file.has(axis) || file.dimensions(axis) != Shape{axis}) {
      file.fail("is not a grid: it has no coordinates x and y; give a result of convexscan grid");
    }
  }
  result.x = file.numbers("x");
  result.y = file.numbers("y");
  if (result.points() == 0) file.fail("holds no points");
  read_maps(file, result);
  result.slice = read_slice(file);
  result.markers = read_markers(file);
  result.provenance = read_provenance(file);
  return result;
}

}  // namespace convexscan
