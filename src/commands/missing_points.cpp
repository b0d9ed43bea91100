// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/missing_points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace convexscan::commands {

std::vector<std::int64_t> missing_points(const Values& values) {
  std::vector<std::int64_t> missing;
  const std::int64_t points = std::ssize(values.data) / values.components;
  for (std::int64_t p = 0; p < points; ++p) {
    const auto first = values.data.begin() + p * values.components;
    if (!std::all_of(first, first + values.components, [](double v) { return std::isfinite(v); })) {
      missing.push_back(p);
    }
  }
  return missing;
}

std::string first_few(const std::vector<std::int64_t>& points,
                      const std::function<std::string(std::int64_t)>& name) {
  constexpr std::size_t few = 4;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < std::min(few, points.size()); ++k) names.push_back(name(points[k]));
  const std::size_t more = points.size() - names.size();
  return fmt::format("{}{}", fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace convexscan::commands
