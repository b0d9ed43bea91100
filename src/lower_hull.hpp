// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace convexscan {

/// A triangle of the envelope: indices of three points, counter-clockwise.
using Facet = std::array<std::int32_t, 3>;

/// The lower convex hull of points above a grid, built point by point: a new point below the
/// surface removes the facets that it sees and is joined to the rim of the hole. Every decision is
/// exact, so there are no special cases but one: a point on the border of the domain.
///
/// Every point of a batch waits on the list of the facet above it, so that none is searched for,
/// and is dropped for good once it is not below that facet: the surface only sinks. In a random
/// order an insertion makes fewer than six facets on average, and a point changes its facet
/// 3·ln(n/m) times while a surface through m points grows to n, whatever the surface is (Clarkson &
/// Shor 1989, doi:10.1007/BF02187740).
class LowerHull {
 public:
  /// corners: the domain, a convex polygon given counter-clockwise by indices of grid points, three
  /// or more of which no three lie on a line. values (rows × columns) must outlive the hull.
  LowerHull(std::int64_t columns, std::span<const double> values,
            std::span<const std::int32_t> corners);

  /// A batch of points of the domain in this order. Every batch looks at every grid point, so there
  /// should be few. before is called before each insertion and may throw.
  void insert(std::span<const std::int32_t> points, const std::function<void()>& before);

  /// Times that a waiting point was put under another facet, and facets made: what the work is
  /// proportional to.
  std::int64_t steps() const { return steps_; }

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
    std::int32_t seen = -1;                 ///< the last point that looked at it and saw it
    std::int32_t waiting = -1;              ///< the first point on its list, or −1
  };
  struct RimEdge {
    std::int32_t from, to, outside;
  };
  /// From a new point to a point of the rim, and the facet after it counter-clockwise.
  struct Spoke {
    std::int64_t x, y;
    bool turned;  ///< by half a turn or more from the first spoke
    std::int32_t triangle;
  };

  bool sees(std::int32_t point, const Facet& facet) const;
  void insert(std::int32_t point);
  void wait_below(std::int32_t triangle, std::int32_t point);
  void open_hole(std::int32_t point);
  void close_hole(std::int32_t point);
  void order_fan(std::int32_t point);
  Spoke spoke(std::int32_t point, std::int32_t to, std::int32_t triangle) const;
  std::int32_t add_triangle(const Facet& corner);
  void triangulate(std::span<const std::int32_t> corners);
  void replace_neighbour(std::int32_t triangle, std::int32_t before, std::int32_t after);
  bool flip_if_concave(std::int32_t triangle, int side);

  std::int32_t columns_;
  std::span<const double> values_;
  std::vector<Triangle> triangles_;
  std::vector<std::int32_t> unused_;
  std::vector<std::int32_t> above_;  ///< (points): the facet above one that waits, or −1
  std::vector<std::int32_t> next_;   ///< (points): the next one that waits below the same facet
  std::int64_t steps_ = 0;
  std::int32_t last_made_ = -1;
  std::vector<std::int32_t> hole_;  ///< scratch of insert
  std::vector<RimEdge> rim_;
  std::vector<std::int32_t> moved_;  ///< the points that waited below the hole's facets
  std::vector<Spoke> fan_;           ///< counter-clockwise
  std::vector<std::int32_t> spoke_;  ///< (points): the new triangle that starts at a rim point
};

}  // namespace convexscan
