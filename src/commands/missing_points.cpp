// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/missing_points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace convexscan::commands {

std::vector<std::int64_t> missing_points(const Values& values) {
  const std::int64_t points = std::ssize(values.data) / values.components;
  const auto is_finite = [&](std::int64_t p, std::int64_t component) {
    return std::isfinite(values.data[static_cast<std::size_t>(p * values.components + component)]);
  };
  // A layer without scanned parameters has no number anywhere, and misses none.
  std::vector<std::int64_t> components;
  for (std::int64_t c = 0; c < values.components; ++c) {
    for (std::int64_t p = 0; p < points; ++p) {
      if (!is_finite(p, c)) continue;
      components.push_back(c);
      break;
    }
  }
  std::vector<std::int64_t> missing;
  for (std::int64_t p = 0; p < points; ++p) {
    const bool whole =
        std::ranges::all_of(components, [&](std::int64_t c) { return is_finite(p, c); });
    if (!whole || components.empty()) missing.push_back(p);
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
