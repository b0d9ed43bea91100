// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "lower_hull.hpp"

namespace convexscan {

/// A point of the plane with whole coordinates, or a linear form on them.
struct WholePoint {
  std::int64_t x = 0;
  std::int64_t y = 0;
};

inline std::int64_t dot(const WholePoint& a, const WholePoint& b) { return a.x * b.x + a.y * b.y; }

/// Two linear forms that together number the whole points anew, with determinant 1, so that a
/// triangle spans few values of row: at most 1 + 1.2·√(twice its area). Lagrange's reduction of the
/// forms in the metric Σ (form·side)², in which a thin triangle is as round as any other.
struct LatticeRows {
  WholePoint row{0, 1};
  WholePoint column{1, 0};

  explicit LatticeRows(const std::array<WholePoint, 3>& sides) {
    std::int64_t rows = 0, columns = 0, mixed = 0;
    for (const WholePoint& side : sides) {
      rows += side.y * side.y;
      columns += side.x * side.x;
      mixed += side.x * side.y;
    }
    for (;;) {
      if (rows > columns) {
        std::swap(rows, columns);
        std::swap(row, column);
      }
      const auto times = std::llround(static_cast<double>(mixed) / static_cast<double>(rows));
      const std::int64_t less = times * (2 * mixed - times * rows);
      if (less <= 0) break;
      column = {column.x - times * row.x, column.y - times * row.y};
      columns -= less;
      mixed -= times * rows;
    }
    if (column.x * row.y - column.y * row.x < 0) column = {-column.x, -column.y};
  }
};

/// ⌊a/b⌋.
inline std::int64_t floor_ratio(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// Calls visit(point) for every grid point of a facet, its border included. Takes time in
/// proportion to their number, however thin the facet is.
template <class Visit>
void for_each_point(const Facet& facet, std::int64_t columns, Visit&& visit) {
  const WholePoint origin{facet[0] % columns, facet[0] / columns};
  std::array<WholePoint, 3> corner, side;
  for (std::size_t k = 0; k < 3; ++k) {
    corner[k] = {facet[k] % columns - origin.x, facet[k] / columns - origin.y};
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const WholePoint& to = corner[(k + 1) % 3];
    side[k] = {to.x - corner[k].x, to.y - corner[k].y};
  }
  const LatticeRows rows(side);
  for (WholePoint& point : corner) point = {dot(rows.column, point), dot(rows.row, point)};
  const auto [bottom, top] = std::minmax({corner[0].y, corner[1].y, corner[2].y});
  const auto [leftmost, rightmost] = std::minmax({corner[0].x, corner[1].x, corner[2].x});
  for (std::int64_t y = bottom; y <= top; ++y) {
    std::int64_t left = leftmost;
    std::int64_t right = rightmost;
    for (std::size_t k = 0; k < 3; ++k) {
      const WholePoint& from = corner[k];
      const WholePoint& to = corner[(k + 1) % 3];
      const std::int64_t rise = to.y - from.y;
      const std::int64_t run = (to.x - from.x) * (y - from.y);
      // On the left of the side, which is counter-clockwise.
      if (rise > 0) right = std::min(right, from.x + floor_ratio(run, rise));
      if (rise < 0) left = std::max(left, from.x - floor_ratio(-run, rise));
    }
    for (std::int64_t x = left; x <= right; ++x) {
      const std::int64_t back_x = origin.x + rows.row.y * x - rows.column.y * y;
      const std::int64_t back_y = origin.y - rows.row.x * x + rows.column.x * y;
      visit(static_cast<std::int32_t>(back_y * columns + back_x));
    }
  }
}

}  // namespace convexscan
