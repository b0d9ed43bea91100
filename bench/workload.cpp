// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "convexscan/error.hpp"
#include "named.hpp"

namespace convexscan::bench {
namespace {

/// The row with everything it does not say itself taken from the row it is like.
Json resolved(const Json& row, const Json& table) {
  if (!row.contains("like")) return row;
  const auto like = std::ranges::find_if(
      table, [&](const Json& other) { return other.at("name") == row.at("like"); });
  if (like == table.end()) {
    throw Error(fmt::format("workload {}: there is no workload {} to be like",
                            row.at("name").get<std::string>(), row.at("like").dump()));
  }
  Json whole = resolved(*like, table);
  whole.erase("axes");
  whole.update(row);
  whole.erase("like");
  return whole;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// One value chosen: {width} in mlp, or the field of that name.
void choose(Json& row, const std::string& axis, const Json& value) {
  if (axis == "width") {
    auto mlp = row.at("mlp").get<std::string>();
    constexpr std::string_view hole = "{width}";
    for (std::size_t at; (at = mlp.find(hole)) != std::string::npos;) {
      mlp.replace(at, hole.size(), text_of(value));
    }
    row["mlp"] = mlp;
  } else {
    row[axis] = value;
  }
}

Workload parsed(const Json& row, const std::string& benchmark, const std::string& name) {
  static const std::set<std::string> known{
      "name",       "kind",        "mlp",           "activation", "loss",     "samples", "side",
      "precision",  "eigensolver", "lanczos_steps", "train",      "segments", "places",  "elements",
      "parameters", "part",        "chunks",        "quantities", "surface"};
  for (const auto& [field, value] : row.items()) {
    if (!known.contains(field)) {
      throw Error(fmt::format("workload {}: unknown field \"{}\"", name, field));
    }
  }
  constexpr std::array<std::string_view, 4> kinds{"grid", "segments", "envelope", "spectra"};
  Workload w;
  w.benchmark = benchmark;
  w.name = name;
  w.kind = static_cast<Kind>(
      index_of_name("kind of workload", row.value("kind", std::string("grid")), kinds));
  w.mlp = row.value("mlp", w.mlp);
  w.activation = row.value("activation", w.activation);
  w.loss = row.value("loss", w.loss);
  w.samples = row.value("samples", w.samples);
  w.side = row.value("side", w.side);
  w.quantities = row.value("quantities", w.quantities);
  w.precision = row.value("precision", w.precision);
  w.eigensolver = row.value("eigensolver", w.eigensolver);
  w.lanczos_steps = row.value("lanczos_steps", w.lanczos_steps);
  w.train = row.value("train", w.train);
  w.segments = row.value("segments", w.segments);
  w.places = row.value("places", w.places);
  w.parameters = row.value("parameters", w.parameters);
  w.elements = row.value("elements", w.elements);
  w.part = row.value("part", w.part);
  w.surface = row.value("surface", w.surface);
  w.row = row;
  w.row["name"] = name;
  const bool network = w.kind == Kind::grid || w.kind == Kind::segments;
  if (network && (w.mlp.empty() || w.samples < 1)) {
    throw Error(fmt::format("workload {}: a network needs mlp and samples", name));
  }
  if (w.kind == Kind::segments && (w.segments < 1 || w.places < 3)) {
    throw Error(fmt::format("workload {}: segments need segments and places", name));
  }
  if (w.kind == Kind::spectra && (w.parameters < 1 || w.elements < 1)) {
    throw Error(fmt::format("workload {}: spectra need parameters and elements", name));
  }
  return w;
}

void expand(Json row, const std::string& benchmark, const std::string& name, Json axes,
            std::vector<Workload>& all) {
  if (axes.empty()) {
    all.push_back(parsed(row, benchmark, name));
    return;
  }
  const std::string axis = axes.begin().key();
  const Json values = axes.begin().value();
  axes.erase(axes.begin());
  for (const Json& value : values) {
    Json chosen = row;
    choose(chosen, axis, value);
    expand(chosen, benchmark, fmt::format("{} {}={}", name, axis, text_of(value)), axes, all);
  }
}

}  // namespace

std::int64_t Workload::batch() const {
  return std::max<std::int64_t>(2, elements / (parameters * parameters));
}

std::vector<Workload> workloads(const Json& table) {
  std::vector<Workload> all;
  for (const Json& entry : table) {
    Json row = resolved(entry, table);
    const Json axes = row.value("axes", Json::object());
    row.erase("axes");
    const auto name = row.at("name").get<std::string>();
    expand(row, name, name, axes, all);
  }
  return all;
}

std::vector<Workload> quick(const std::vector<Workload>& workloads) {
  std::vector<Workload> some;
  for (Workload w : workloads) {
    w.samples = std::min<std::int64_t>(w.samples, 48);
    w.side = std::min<std::int64_t>(w.side, w.kind == Kind::envelope ? 17 : 3);
    // A matrix of P rows costs P³: one row of two points there.
    if (w.benchmark.starts_with("H5") || w.benchmark.starts_with("M3")) w.side = 1;
    w.segments = std::min<std::int64_t>(w.segments, 8);
    w.places = std::min<std::int64_t>(w.places, 17);
    w.train = std::min<std::int64_t>(w.train, 5);
    w.elements = std::min<std::int64_t>(w.elements, 5000);
    w.lanczos_steps = std::min<std::int64_t>(w.lanczos_steps, 16);
    w.row["lanczos_steps"] = w.lanczos_steps;
    const bool seen = std::ranges::any_of(some, [&](const Workload& other) {
      return other.benchmark == w.benchmark && other.part == w.part && other.surface == w.surface &&
             other.eigensolver == w.eigensolver;
    });
    if (!seen) some.push_back(w);
  }
  return some;
}

}  // namespace convexscan::bench
