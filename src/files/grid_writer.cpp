// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>
#include <cmath>

#include "convexscan/result_file.hpp"
#include "files/result_variables.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

using netcdf::Dimension;
using netcdf::Writer;

void write_slice(Writer& file, const Slice& slice) {
  if (slice.origin.empty()) return;
  const Dimension parameter = file.dimension("parameter", slice.origin.size());
  const int origin = file.variable("origin", {parameter}, std::span<const double>(slice.origin));
  describe(file, origin, "parameters at x = 0, y = 0, in the order of PyTorch's parameters()");
  if (slice.directions.empty()) return;
  std::vector<double> flat;
  for (const std::vector<double>& direction : slice.directions) {
    flat.insert(flat.end(), direction.begin(), direction.end());
  }
  const Dimension axis = file.dimension("axis", slice.directions.size());
  const int id = file.variable("direction", {axis, parameter}, std::span<const double>(flat));
  describe(file, id, "parameter change for one unit of x and of y");
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
           "distance of the marker's parameters from the plane");
}

void write_gap_witness(Writer& file, const std::vector<GapPlace>& places) {
  if (places.empty()) return;
  std::vector<double> x, y, weights;
  for (const GapPlace& place : places) {
    x.push_back(place.x);
    y.push_back(place.y);
    weights.push_back(place.weight);
  }
  const std::vector<Dimension> shape{file.dimension("gap_place", places.size())};
  describe(file, file.variable("gap_witness_x", shape, std::span<const double>(x)),
           "x of the point with the largest convexity gap, and of the points that prove it");
  describe(file, file.variable("gap_witness_y", shape, std::span<const double>(y)),
           "y of the point with the largest convexity gap, and of the points that prove it");
  describe(file, file.variable("gap_witness_weight", shape, std::span<const double>(weights)),
           "-1, and the weights of the convex combination that the point is; minus the sum of "
           "weight times loss is the gap");
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
           "coordinate along the second direction");
  describe(file, file.variable("x", {x}, std::span<const double>(result.x)),
           "coordinate along the first direction");
  write_quantities(file, y, x, result.values, result.provenance);
  write_maps(file, {y, x}, result.derived);
  write_slice(file, result.slice);
  write_markers(file, result.markers);
  write_gap_witness(file, result.gap_witness);
  write_provenance(file, result.provenance, "Loss landscape", not_finite_points(result));
  write_whole_file(path, file.finish(), overwrite);
}

}  // namespace convexscan
