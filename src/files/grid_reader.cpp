// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/result_file.hpp"
#include "files/result_variables.hpp"

namespace convexscan {
namespace {

using netcdf::Reader;
using Shape = std::vector<std::string>;

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

std::vector<GapPlace> read_gap_witness(const Reader& file) {
  std::vector<GapPlace> places;
  if (!file.has("gap_witness_x")) return places;
  const std::vector<double> x = file.numbers("gap_witness_x");
  const std::vector<double> y = file.numbers("gap_witness_y");
  const std::vector<double> weights = file.numbers("gap_witness_weight");
  if (y.size() != x.size() || weights.size() != x.size()) {
    file.fail("the gap witness variables differ in length");
  }
  for (std::size_t i = 0; i < x.size(); ++i) places.push_back({x[i], y[i], weights[i]});
  return places;
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
  read_variables(file, "y", "x", result.values, result.derived);
  result.slice = read_slice(file);
  result.markers = read_markers(file);
  result.gap_witness = read_gap_witness(file);
  result.provenance = read_provenance(file);
  return result;
}

}  // namespace convexscan
