// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "lower_hull.hpp"

#include <algorithm>
#include <iterator>

#include "exact_sum.hpp"
#include "facet_points.hpp"

namespace convexscan {

LowerHull::LowerHull(std::int64_t columns, std::span<const double> values,
                     std::span<const std::int32_t> corners)
    : columns_(static_cast<std::int32_t>(columns)),
      values_(values),
      above_(values.size(), -1),
      next_(values.size(), -1),
      spoke_(values.size(), -1) {
  triangulate(corners);
}

/// Whether the point is strictly below the plane of a facet:
///   area(abc)·f(p) < area(pbc)·f(a) + area(apc)·f(b) + area(abp)·f(c)
bool LowerHull::sees(std::int32_t point, const Facet& facet) const {
  const auto [a, b, c] = facet;
  const std::int64_t at_a = area(point, b, c);
  const std::int64_t at_b = area(a, point, c);
  const std::int64_t at_c = area(a, b, point);
  const auto f = [&](std::int32_t p) { return values_[static_cast<std::size_t>(p)]; };
  return sum_is_negative<4>({at_a + at_b + at_c, -at_a, -at_b, -at_c},
                            {f(point), f(a), f(b), f(c)});
}

std::int32_t LowerHull::add_triangle(const Facet& corner) {
  const Triangle triangle{corner, {-1, -1, -1}};
  ++steps_;
  if (unused_.empty()) {
    triangles_.push_back(triangle);
    return static_cast<std::int32_t>(triangles_.size()) - 1;
  }
  const std::int32_t index = unused_.back();
  unused_.pop_back();
  triangles_[static_cast<std::size_t>(index)] = triangle;
  return index;
}

void LowerHull::replace_neighbour(std::int32_t triangle, std::int32_t before, std::int32_t after) {
  if (triangle < 0) return;
  auto& neighbour = triangles_[static_cast<std::size_t>(triangle)].neighbour;
  *std::ranges::find(neighbour, before) = after;
}

/// Puts a point on the list of the facet above it; drops it when it is not below.
void LowerHull::wait_below(std::int32_t triangle, std::int32_t point) {
  ++steps_;
  Triangle& facet = triangles_[static_cast<std::size_t>(triangle)];
  const bool below = sees(point, facet.corner);
  above_[static_cast<std::size_t>(point)] = below ? triangle : -1;
  if (!below) return;
  next_[static_cast<std::size_t>(point)] = facet.waiting;
  facet.waiting = point;
}

void LowerHull::insert(std::span<const std::int32_t> points, const std::function<void()>& before) {
  constexpr std::int32_t not_placed = -2;
  for (const std::int32_t point : points) above_[static_cast<std::size_t>(point)] = not_placed;
  for (std::size_t k = 0; k < triangles_.size(); ++k) {
    if (triangles_[k].corner[0] < 0) continue;
    for_each_point(triangles_[k].corner, columns_, [&](std::int32_t point) {
      if (above_[static_cast<std::size_t>(point)] == not_placed) {
        wait_below(static_cast<std::int32_t>(k), point);
      }
    });
  }
  for (const std::int32_t point : points) {
    before();
    insert(point);
  }
}

void LowerHull::insert(std::int32_t point) {
  if (above_[static_cast<std::size_t>(point)] < 0) return;
  open_hole(point);
  close_hole(point);
  order_fan(point);
  for (const std::int32_t waiting : moved_) {
    const Spoke to = spoke(point, waiting, -1);
    const auto after = std::ranges::partition_point(fan_, [&](const Spoke& s) {
      return s.turned != to.turned ? to.turned : s.x * to.y - s.y * to.x >= 0;
    });
    wait_below(std::prev(after)->triangle, waiting);
  }
}

/// Gathers the facets that the point sees, the rim of them and what waits below them.
void LowerHull::open_hole(std::int32_t point) {
  hole_.assign(1, above_[static_cast<std::size_t>(point)]);
  rim_.clear();
  moved_.clear();
  triangles_[static_cast<std::size_t>(hole_.front())].seen = point;
  for (std::size_t k = 0; k < hole_.size(); ++k) {
    const Triangle triangle = triangles_[static_cast<std::size_t>(hole_[k])];
    for (std::size_t side = 0; side < 3; ++side) {
      const std::int32_t next = triangle.neighbour[side];
      if (next >= 0) {
        Triangle& beyond = triangles_[static_cast<std::size_t>(next)];
        if (beyond.seen == point) continue;
        if (sees(point, beyond.corner)) {
          beyond.seen = point;
          hole_.push_back(next);
          continue;
        }
      }
      rim_.push_back({triangle.corner[(side + 1) % 3], triangle.corner[(side + 2) % 3], next});
    }
    for (std::int32_t p = triangle.waiting; p >= 0; p = next_[static_cast<std::size_t>(p)]) {
      if (p != point) moved_.push_back(p);
    }
  }
  for (const std::int32_t index : hole_) {
    triangles_[static_cast<std::size_t>(index)].corner[0] = -1;
    unused_.push_back(index);
  }
}

/// Joins the rim to the point. A side of the border that the point lies on makes no triangle; a rim
/// edge inside the domain cannot be in line with the point, or both its facets would be seen alike.
void LowerHull::close_hole(std::int32_t point) {
  for (const RimEdge& edge : rim_) {
    if (edge.outside < 0 && area(point, edge.from, edge.to) == 0) continue;
    const std::int32_t made = add_triangle({point, edge.from, edge.to});
    triangles_[static_cast<std::size_t>(made)].neighbour[0] = edge.outside;
    if (edge.outside >= 0) {
      Triangle& outside = triangles_[static_cast<std::size_t>(edge.outside)];
      const std::size_t to =
          outside.corner[0] == edge.to ? 0 : (outside.corner[1] == edge.to ? 1 : 2);
      outside.neighbour[(to + 2) % 3] = made;  // its side runs from edge.to to edge.from
    }
    spoke_[static_cast<std::size_t>(edge.from)] = made;
    last_made_ = made;
  }
  for (const RimEdge& edge : rim_) {
    const std::int32_t before = spoke_[static_cast<std::size_t>(edge.from)];
    const std::int32_t after = spoke_[static_cast<std::size_t>(edge.to)];
    if (before < 0 || after < 0) continue;
    triangles_[static_cast<std::size_t>(before)].neighbour[1] = after;
    triangles_[static_cast<std::size_t>(after)].neighbour[2] = before;
  }
  for (const RimEdge& edge : rim_) spoke_[static_cast<std::size_t>(edge.from)] = -1;
}

/// The new facets counter-clockwise around the point, from the border where it lies on that.
void LowerHull::order_fan(std::int32_t point) {
  const auto neighbour = [&](std::int32_t triangle, std::size_t side) {
    return triangles_[static_cast<std::size_t>(triangle)].neighbour[side];
  };
  std::int32_t first = last_made_;
  while (neighbour(first, 2) >= 0 && neighbour(first, 2) != last_made_) {
    first = neighbour(first, 2);
  }
  fan_.clear();
  std::int32_t at = first;
  do {
    fan_.push_back(spoke(point, triangles_[static_cast<std::size_t>(at)].corner[1], at));
    at = neighbour(at, 1);
  } while (at >= 0 && at != first);
}

LowerHull::Spoke LowerHull::spoke(std::int32_t point, std::int32_t to,
                                  std::int32_t triangle) const {
  Spoke result{to % columns_ - point % columns_, to / columns_ - point / columns_, false, triangle};
  if (!fan_.empty()) {
    const Spoke& first = fan_.front();
    const std::int64_t left = first.x * result.y - first.y * result.x;
    result.turned = left < 0 || (left == 0 && first.x * result.x + first.y * result.y < 0);
  }
  return result;
}

/// Turns the diagonal of two neighbours when the surface bends down over it. Only for the corners
/// of a convex polygon, where every such diagonal can be turned.
bool LowerHull::flip_if_concave(std::int32_t index, int side) {
  Triangle& first = triangles_[static_cast<std::size_t>(index)];
  const auto s = static_cast<std::size_t>(side);
  const std::int32_t other = first.neighbour[s];
  if (other < 0) return false;
  Triangle& second = triangles_[static_cast<std::size_t>(other)];
  const auto o = static_cast<std::size_t>(std::ranges::find(second.neighbour, index) -
                                          second.neighbour.begin());
  const std::int32_t a = first.corner[s], b = first.corner[(s + 1) % 3],
                     c = first.corner[(s + 2) % 3];
  const std::int32_t d = second.corner[o];
  if (!sees(d, first.corner)) return false;
  // (a, b, c) and (d, c, b) become (a, b, d) and (d, c, a).
  const std::int32_t ab = first.neighbour[(s + 2) % 3], ca = first.neighbour[(s + 1) % 3];
  const std::int32_t dc = second.neighbour[(o + 2) % 3], bd = second.neighbour[(o + 1) % 3];
  first = {{a, b, d}, {bd, other, ab}};
  second = {{d, c, a}, {ca, index, dc}};
  replace_neighbour(bd, other, index);
  replace_neighbour(ca, index, other);
  return true;
}

void LowerHull::triangulate(std::span<const std::int32_t> corners) {
  const std::size_t count = corners.size() - 2;
  for (std::size_t k = 0; k < count; ++k) {
    const std::int32_t made = add_triangle({corners[0], corners[k + 1], corners[k + 2]});
    Triangle& triangle = triangles_.back();
    if (k > 0) triangle.neighbour[2] = made - 1;
    if (k + 1 < count) triangle.neighbour[1] = made + 1;
  }
  // Every flip lowers the surface, so this ends.
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t k = 0; k < count; ++k) {
      for (int side = 0; side < 3; ++side) {
        changed = flip_if_concave(static_cast<std::int32_t>(k), side) || changed;
      }
    }
  }
}

}  // namespace convexscan
