// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include "convexscan/result_file.hpp"
#include "files/result_variables.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

using netcdf::Dimension;
using netcdf::Reader;
using netcdf::Writer;
using Shape = std::vector<std::string>;

std::int64_t not_finite_losses(const SegmentResult& result) {
  const auto loss = result.values.find(Quantity::loss);
  if (loss == result.values.end()) return 0;
  return std::ranges::count_if(loss->second.data, [](double f) { return !std::isfinite(f); });
}

std::int64_t undecided_segments(const SegmentResult& result) {
  const auto bound = std::ranges::find(result.per_segment, "least_real_gap", &DerivedMap::name);
  if (bound == result.per_segment.end()) return 0;
  return std::ranges::count_if(bound->data, [](double b) { return std::isinf(b); });
}

bool holds_segments(const Reader& file) {
  return file.has("t") && file.dimensions("t") == Shape{"t"};
}

}  // namespace

void write_result(const std::filesystem::path& path, const SegmentResult& result, bool overwrite) {
  const std::size_t points = static_cast<std::size_t>(result.segments) * result.t.size();
  const std::size_t maps = result.values.size() + result.derived.size() + 1;
  Writer file(path.string(),
              (points * maps + result.ends.size()) * sizeof(double) + (std::size_t{1} << 16));
  const Dimension segment = file.dimension("segment", static_cast<std::size_t>(result.segments));
  const Dimension t = file.dimension("t", result.t.size());
  describe(file, file.variable("t", {t}, std::span<const double>(result.t)),
           "place on the segment: 0 at its first end, 1 at its last");
  write_quantities(file, segment, t, result.values, result.provenance);
  write_maps(file, {segment, t}, result.derived);
  write_maps(file, {segment}, result.per_segment);
  if (!result.labels.empty()) {
    const int id = file.variable("label", {segment}, std::span<const std::string>(result.labels));
    file.attribute(id, "long_name", "what the segment is");
  }
  if (!result.witness.empty()) {
    const Dimension place = file.dimension("witness_place", 3);
    describe(file,
             file.variable("witness", {segment, place}, std::span<const double>(result.witness)),
             "t of a left, middle and right point: the middle loss is above the chord");
  }
  if (!result.ends.empty()) {
    const Dimension end = file.dimension("end", 2);
    const Dimension parameter = file.dimension(
        "parameter", result.ends.size() / 2 / static_cast<std::size_t>(result.segments));
    describe(file,
             file.variable("ends", {segment, end, parameter}, std::span<const double>(result.ends)),
             "parameters at t = 0 and t = 1, in the order of PyTorch's parameters()");
  }
  if (result.worst >= 0) {
    const Dimension end = file.dimension("worst_end", 2);
    const Dimension parameter = file.dimension("worst_parameter", result.worst_ends.size() / 2);
    const int id =
        file.variable("worst_ends", {end, parameter}, std::span<const double>(result.worst_ends));
    describe(file, id, "ends of the segment with the largest convexity gap beyond rounding");
    file.attribute(id, "segment", result.worst);
  }
  write_provenance(file, result.provenance, "Loss along segments", not_finite_losses(result));
  file.attribute(Writer::global, "undecided_segments", undecided_segments(result));
  write_whole_file(path, file.finish(), overwrite);
}

SegmentResult read_segments(const std::filesystem::path& path) {
  const Reader file(path);
  if (!holds_segments(file)) {
    file.fail("holds no segments: it has no coordinate t; give a result of convexscan segments");
  }
  SegmentResult result;
  result.segments = static_cast<std::int64_t>(file.length("segment"));
  result.t = file.numbers("t");
  read_variables(file, "segment", "t", result.values, result.derived);
  for (const std::string& name : file.variables()) {
    if (name == "label" || file.dimensions(name) != Shape{"segment"}) continue;
    result.per_segment.push_back(
        {name, file.text(name, "long_name"), file.numbers(name), file.number("least_real", name)});
  }
  if (file.has("label")) result.labels = file.texts("label");
  if (file.has("witness")) result.witness = file.numbers("witness");
  if (file.has("ends")) result.ends = file.numbers("ends");
  if (file.has("worst_ends")) {
    result.worst_ends = file.numbers("worst_ends");
    result.worst = static_cast<std::int64_t>(file.number("segment", "worst_ends"));
  }
  result.provenance = read_provenance(file);
  return result;
}

std::string kind_of_result(const std::filesystem::path& path) {
  const Reader file(path);
  if (holds_segments(file)) return "segments";
  if (file.has("x") && file.has("y")) return "grid";
  if (file.has("lambda") && file.dimensions("lambda") == Shape{"level"}) return "convexify";
  file.fail("is not a result of convexscan: it has neither x and y nor t");
}

}  // namespace convexscan
