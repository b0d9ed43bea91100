// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "convexscan/convexity.hpp"
#include "convexscan/error.hpp"
#include "exact_sum.hpp"
#include "facet_points.hpp"
#include "lower_hull.hpp"

namespace convexscan {
namespace {

using PointIndex = std::int32_t;

/// Values by a power of two, which changes no digit, so that their products cannot overflow.
std::vector<double> scaled(std::span<const double> values, int& exponent) {
  double largest = 0.0;
  for (const double f : values) {
    if (std::isfinite(f)) largest = std::max(largest, std::fabs(f));
  }
  exponent = largest == 0.0 ? 0 : std::ilogb(largest);
  std::vector<double> result(values.begin(), values.end());
  for (double& f : result) f = std::scalbn(f, -exponent);
  return result;
}

/// The finite points' domain: its corners counter-clockwise, no three on a line; two or fewer when
/// the points lie on one line (Andrew's monotone chain over the ends of each row).
std::vector<PointIndex> corners_of(std::int64_t columns, std::int64_t rows,
                                   std::span<const double> values) {
  std::vector<PointIndex> ends;
  for (std::int64_t y = 0; y < rows; ++y) {
    std::int64_t first = 0;
    std::int64_t last = columns - 1;
    const auto finite = [&](std::int64_t x) {
      return std::isfinite(values[static_cast<std::size_t>(y * columns + x)]);
    };
    while (first < columns && !finite(first)) ++first;
    while (last > first && !finite(last)) --last;
    if (first == columns) continue;
    ends.push_back(static_cast<PointIndex>(y * columns + first));
    if (last > first) ends.push_back(static_cast<PointIndex>(y * columns + last));
  }
  if (ends.size() < 3) return ends;
  const auto turn = [&](PointIndex a, PointIndex b, PointIndex c) {
    const std::int64_t ax = a % columns, ay = a / columns;
    return (b % columns - ax) * (c / columns - ay) - (c % columns - ax) * (b / columns - ay);
  };
  // Ends come in order of (y, x), so the two chains run up the right and down the left side.
  std::vector<PointIndex> corners;
  for (int chain = 0; chain < 2; ++chain) {
    const std::size_t start = corners.size();
    for (const PointIndex p : ends) {
      while (corners.size() >= start + 2 &&
             turn(corners[corners.size() - 2], corners.back(), p) <= 0) {
        corners.pop_back();
      }
      corners.push_back(p);
    }
    corners.pop_back();  // it begins the other chain
    std::ranges::reverse(ends);
  }
  return corners;
}

/// Takes from candidate the inner points of a line that are above its envelope: they cannot be
/// corners of the surface's.
void drop_above_line(std::span<const double> values, std::int64_t first, std::int64_t step,
                     std::int64_t count, std::vector<std::int64_t>& chain,
                     std::vector<bool>& candidate) {
  const auto f = [&](std::int64_t i) { return values[static_cast<std::size_t>(first + i * step)]; };
  chain.clear();
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(f(i))) continue;
    while (chain.size() >= 2) {
      const std::int64_t a = chain[chain.size() - 2];
      const std::int64_t b = chain.back();
      // b stays unless strictly above: a point of the chord may yet be a corner of the surface.
      if (!sum_is_negative<3>({b - a, a - i, i - b}, {f(i), f(b), f(a)})) break;
      candidate[static_cast<std::size_t>(first + b * step)] = false;
      chain.pop_back();
    }
    chain.push_back(i);
  }
}

/// The bits of an index, mixed (Vigna's splitmix64).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// A biased randomised order (Amenta, Choi & Rote 2003, doi:10.1145/777792.777824): rounds that a
/// coin decides, each of twice as many points as the one before, and within a round row by row. It
/// keeps the expectations of a random order and touches memory in order.
std::vector<PointIndex> insertion_order(std::span<const PointIndex> points) {
  constexpr std::size_t rounds = 32;
  const auto round_of = [](PointIndex p) {
    const int heads = std::countl_zero(mixed(static_cast<std::uint64_t>(p)));
    return rounds - 1 - std::min<std::size_t>(static_cast<std::size_t>(heads), rounds - 1);
  };
  std::array<std::size_t, rounds + 1> place{};
  for (const PointIndex p : points) ++place[round_of(p) + 1];
  std::partial_sum(place.begin(), place.end(), place.begin());
  std::vector<PointIndex> order(points.size());
  for (const PointIndex p : points) order[place[round_of(p)]++] = p;
  return order;
}

/// The convex combination that makes a point, from the areas that it cuts a facet into.
struct Combination {
  std::array<std::int64_t, 3> area;
  std::int64_t whole;
};

Combination combination(const LowerHull& hull, PointIndex point, const Facet& facet) {
  const auto [a, b, c] = facet;
  Combination result{{hull.area(point, b, c), hull.area(a, point, c), hull.area(a, b, point)}, 0};
  result.whole = result.area[0] + result.area[1] + result.area[2];
  return result;
}

}  // namespace

SurfaceConvexity surface_convexity(const Surface& surface, const SurfaceProgress& progress) {
  const std::int64_t columns = surface.columns;
  const std::int64_t rows = surface.rows;
  const auto points = static_cast<std::size_t>(columns * rows);
  // Twice the area of a triangle must fit the 26 bits of ExactSum's factors.
  if (columns * rows > std::int64_t{1} << 26) {
    throw Error(fmt::format(
        "the convex envelope of {} x {} points is too large; at most 2^26 points", columns, rows));
  }
  SurfaceConvexity result;
  result.gap.assign(points, std::numeric_limits<double>::quiet_NaN());
  int exponent = 0;
  const std::vector<double> values = scaled(surface.values, exponent);
  const std::vector<PointIndex> corners = corners_of(columns, rows, values);
  if (corners.size() < 3) {
    // All points lie on one line: their order along it is that of their indices.
    std::vector<std::int64_t> place;
    std::vector<double> along;
    if (!corners.empty()) {
      const auto [low, high] = std::ranges::minmax(corners);
      const std::int64_t dx = high % columns - low % columns;
      const std::int64_t dy = high / columns - low / columns;
      const std::int64_t steps = std::max<std::int64_t>(1, std::gcd(dx, dy));
      const std::int64_t stride = (dy * columns + dx) / steps;
      for (std::int64_t k = 0; k <= (low == high ? 0 : steps); ++k) {
        place.push_back(low + k * stride);
        along.push_back(surface.values[static_cast<std::size_t>(place.back())]);
      }
    }
    const LineConvexity line = line_convexity(along);
    for (std::size_t k = 0; k < place.size(); ++k) {
      result.gap[static_cast<std::size_t>(place[k])] = line.gap[k];
    }
    result.worst = line.worst;
    if (result.worst.point >= 0) {
      result.worst.point = place[static_cast<std::size_t>(result.worst.point)];
      for (std::int64_t& p : result.worst.proof) p = place[static_cast<std::size_t>(p)];
    }
    return result;
  }

  std::vector<bool> candidate(points);
  for (std::size_t p = 0; p < points; ++p) {
    candidate[p] = std::isfinite(values[p]);
    if (candidate[p]) result.gap[p] = 0.0;
  }
  std::vector<std::int64_t> chain;
  for (std::int64_t y = 0; y < rows; ++y) {
    drop_above_line(values, y * columns, 1, columns, chain, candidate);
  }
  for (std::int64_t x = 0; x < columns; ++x) {
    drop_above_line(values, x, columns, rows, chain, candidate);
  }
  for (const PointIndex corner : corners) candidate[static_cast<std::size_t>(corner)] = false;
  std::vector<PointIndex> waiting;
  for (std::size_t p = 0; p < points; ++p) {
    if (candidate[p]) waiting.push_back(static_cast<PointIndex>(p));
  }

  LowerHull hull(columns, values, corners);
  const std::vector<PointIndex> order = insertion_order(waiting);
  std::size_t done = 0;
  for (const std::size_t share : {64U, 16U, 4U, 1U}) {
    hull.insert(std::span(order).subspan(done, order.size() / share - done), [&] {
      if (progress && done % 1024 == 0) {
        progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(order.size()));
      }
      ++done;
    });
  }
  result.steps = hull.steps();

  // f(p) − envelope(p) = Σ areaₖ·(f(p) − f(cornerₖ)) / area
  double worst = 0.0;
  Facet worst_facet{};
  hull.for_each_facet([&](const Facet& facet) {
    if (hull.area(facet[0], facet[1], facet[2]) == 1) return;  // holds no point but its corners
    for_each_point(facet, columns, [&](PointIndex p) {
      const auto at = static_cast<std::size_t>(p);
      if (!std::isfinite(values[at])) return;
      const auto [area, whole] = combination(hull, p, facet);
      const double sum = signed_sum<4>(
          {whole, -area[0], -area[1], -area[2]},
          {values[at], values[static_cast<std::size_t>(facet[0])],
           values[static_cast<std::size_t>(facet[1])], values[static_cast<std::size_t>(facet[2])]});
      const double gap = sum / static_cast<double>(whole);
      result.gap[at] = std::scalbn(gap, exponent);
      if (gap > worst) {
        worst = gap;
        worst_facet = facet;
        result.worst.point = p;
      }
    });
  });
  if (result.worst.point >= 0) {
    const auto [area, whole] =
        combination(hull, static_cast<PointIndex>(result.worst.point), worst_facet);
    for (std::size_t k = 0; k < 3; ++k) {
      if (area[k] == 0) continue;
      result.worst.proof.push_back(worst_facet[k]);
      result.worst.weight.push_back(static_cast<double>(area[k]) / static_cast<double>(whole));
    }
    result.worst.gap = proven_gap(surface.values, result.worst);
  }
  return result;
}

}  // namespace convexscan
