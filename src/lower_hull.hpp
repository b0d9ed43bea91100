// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace convexscan {

/// A triangle of the envelope: indices of three points, counter-clockwise.
using Facet = std::array<std::int32_t, 3>;

/// The lower convex hull of points above a grid, built point by point: a new point below the
/// surface removes the facets that it sees and is joined to the rim of the hole. Every decision is
/// exact, so there are no special cases but one: a point on the border of the domain.
class LowerHull {
 public:
  /// corners: the domain, a convex polygon given counter-clockwise by indices of grid points, three
  /// or more of which no three lie on a line. values (rows × columns) must outlive the hull.
  LowerHull(std::int64_t columns, std::span<const double> values,
            std::span<const std::int32_t> corners);

  /// A point of the domain. Fast when it is near the point before.
  void insert(std::int32_t point);

  /// Calls visit(facet) for each facet.
  template <class Visit>
  void for_each_facet(Visit&& visit) const {
    for (const Triangle& triangle : triangles_) {
      if (triangle.corner[0] >= 0) visit(triangle.corner);
    }
  }

  /// Twice the area of a triangle, positive when it is counter-clockwise.
  std::int64_t area(std::int32_t a, std::int32_t b, std::int32_t c) const {
    const std::int64_t ax = a % columns_, ay = a / columns_;
    return (b % columns_ - ax) * (c / columns_ - ay) - (c % columns_ - ax) * (b / columns_ - ay);
  }

 private:
  struct Triangle {
    Facet corner;                           ///< corner[0] < 0: not in use
    std::array<std::int32_t, 3> neighbour;  ///< across the side opposite each corner, or −1
    std::int32_t seen;                      ///< the last point that looked at it and saw it
  };
  struct RimEdge {
    std::int32_t from, to, outside;
  };

  bool sees(std::int32_t point, const Facet& facet) const;
  std::int32_t locate(std::int32_t point);
  std::int32_t add_triangle(const Facet& corner);
  void triangulate(std::span<const std::int32_t> corners);
  void replace_neighbour(std::int32_t triangle, std::int32_t before, std::int32_t after);
  bool flip_if_concave(std::int32_t triangle, int side);

  std::int32_t columns_;
  std::span<const double> values_;
  std::vector<Triangle> triangles_;
  std::vector<std::int32_t> unused_;
  std::int32_t last_ = 0;           ///< where the next search starts
  std::uint32_t turn_ = 0;          ///< rotates the sides that a search tries first
  std::vector<std::int32_t> hole_;  ///< scratch of insert
  std::vector<RimEdge> rim_;
  std::vector<std::int32_t> spoke_;  ///< (points): the new triangle that starts at a rim point
};

}  // namespace convexscan
