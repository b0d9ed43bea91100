// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "convexscan/error.hpp"
#include "convexscan/weights.hpp"
#include "files/npz.hpp"

namespace convexscan {
namespace {

/// The rows of an array (axes, P) or (P,).
std::vector<std::vector<double>> rows(const std::string& name, const Array& array,
                                      std::int64_t parameters) {
  if (array.rank() < 1 || array.rank() > 2 || array.shape.back() != parameters) {
    throw Error(fmt::format("{}: has shape {}, but a direction needs ({},), one value a parameter",
                            name, shape_text(array.shape), parameters));
  }
  require_finite(name, array);
  std::vector<std::vector<double>> directions;
  for (auto row = array.values.begin(); row != array.values.end(); row += parameters) {
    directions.emplace_back(row, row + parameters);
    if (std::ranges::all_of(directions.back(), [](double value) { return value == 0.0; })) {
      throw Error(
          fmt::format("{}: direction {} is zero; it leads nowhere", name, directions.size()));
    }
  }
  if (directions.empty() || directions.size() > 2) {
    throw Error(fmt::format("{}: holds {} directions; give one or two rows", name,
                            directions.empty() ? "no" : std::to_string(directions.size())));
  }
  return directions;
}

}  // namespace

std::vector<std::vector<double>> load_directions(const std::string& path, std::int64_t parameters) {
  const NpzArchive archive(path);
  for (const char* key : {"directions", "direction"}) {
    if (archive.has(key)) return rows(archive.name_of(key), archive.read(key), parameters);
  }
  std::vector<std::vector<double>> directions;
  for (const std::string key : {"x", "y"}) {
    if (key == "y" && !archive.has(key)) break;
    const Array array = archive.read(key);
    if (array.rank() != 1) {
      throw Error(
          fmt::format("{}: has shape {}, but a direction needs ({},), one value a parameter",
                      archive.name_of(key), shape_text(array.shape), parameters));
    }
    directions.push_back(rows(archive.name_of(key), array, parameters).front());
  }
  return directions;
}

}  // namespace convexscan
