// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "check.hpp"
#include "convexscan/error.hpp"

namespace convexscan::bench {

std::string check_envelope(std::int64_t side, std::span<const double> heights,
                           const SurfaceConvexity& found) {
  const auto at = [&](std::span<const double> values, std::int64_t i, std::int64_t j) {
    return values[static_cast<std::size_t>(j * side + i)];
  };
  double scale = 0.0;
  double largest = 0.0;
  for (std::size_t p = 0; p < heights.size(); ++p) {
    if (std::isnan(heights[p])) continue;
    scale = std::max(scale, std::fabs(heights[p]));
    largest = std::max(largest, found.gap[p]);
  }
  // A second difference adds four numbers, each a height less a gap, right to a few roundings.
  const double rounding = 16.0 * scale * std::numeric_limits<double>::epsilon();
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < side; ++j) {
    for (std::int64_t i = 0; i < side; ++i) {
      const auto envelope = [&](std::int64_t x, std::int64_t y) {
        return at(heights, x, y) - at(found.gap, x, y);
      };
      if (std::isnan(at(heights, i, j))) {
        if (std::isnan(at(found.gap, i, j))) continue;
        throw Error(
            fmt::format("wrong convexity gap at ({}, {}), where the surface has a hole", i, j));
      }
      if (!(at(found.gap, i, j) >= 0.0)) {
        throw Error(fmt::format("wrong convexity gap at ({}, {}): {:.17g} is negative", i, j,
                                at(found.gap, i, j)));
      }
      constexpr std::array<std::array<std::int64_t, 2>, 4> steps{{{1, 0}, {0, 1}, {1, 1}, {1, -1}}};
      for (const auto& [x, y] : steps) {
        if (i < x || i + x >= side || j - std::abs(y) < 0 || j + std::abs(y) >= side) continue;
        const double bend = envelope(i + x, j + y) + envelope(i - x, j - y) - 2.0 * envelope(i, j);
        if (std::isnan(bend)) continue;  // beside a hole
        if (!(bend >= -rounding)) {
          throw Error(fmt::format(
              "wrong convexity gap: the envelope bends down by {:.3g} at ({}, {})", -bend, i, j));
        }
        least = std::min(least, bend);
      }
    }
  }
  const double proven = proven_gap(heights, found.worst);
  if (!(std::fabs(proven - largest) <= rounding)) {
    throw Error(fmt::format("wrong witness: it proves a gap of {:.17g}, the largest is {:.17g}",
                            proven, largest));
  }
  return fmt::format("envelope convex to {:.0e}, largest gap proved", std::max(0.0, -least));
}

}  // namespace convexscan::bench
