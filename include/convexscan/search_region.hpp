// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "convexscan/segments.hpp"
#include "convexscan/slice.hpp"

namespace convexscan {

class UnboundedVariables;

/// What it takes to make a region again.
struct RegionShape {
  std::string kind;                             ///< "box", "ball", "nonnegative" or "plane"
  double radius = 0.0;                          ///< half the side of a box; 0 of a plane
  std::vector<double> origin;                   ///< (parameters): the centre, or the plane's origin
  std::vector<std::vector<double>> directions;  ///< (axes, parameters) of a plane
  std::vector<std::pair<double, double>> extents;  ///< (axes): from where to where along each
};

/// A convex set of parameters in which something is looked for, by coordinates of its own: the free
/// parameters, or those of a plane.
class SearchRegion {
 public:
  virtual ~SearchRegion() = default;

  virtual std::vector<double> theta(std::span<const double> coordinates) const = 0;

  /// Of a point of the region.
  virtual std::vector<double> coordinates(std::span<const double> theta) const = 0;

  /// The gradient in the coordinates of a function with this gradient in θ.
  virtual std::vector<double> pull(std::span<const double> gradient) const = 0;

  /// Moves to the nearest coordinates in the region.
  virtual void project(std::vector<double>& coordinates) const = 0;

  /// Coordinates of count points: the middle first, then random ones, every other one of them
  /// pushed to the boundary, where extremes of curvature often are.
  virtual std::vector<std::vector<double>> sample(std::int64_t count, std::uint64_t seed) const = 0;

  /// Where they are at most so many: coordinates of all corners; else none. A ball has none.
  virtual std::vector<std::vector<double>> corners(std::int64_t at_most) const = 0;

  /// Smooth variables for minimisation without bounds.
  virtual const UnboundedVariables& unbounded() const = 0;

  virtual RegionShape shape() const = 0;

  virtual bool contains(std::span<const double> theta) const = 0;

  /// The lowest and the highest value of parameter i on the region; the same where it is fixed.
  virtual std::pair<double, double> range(std::size_t i) const = 0;

  /// Half of the region's extent: the scale of steps.
  virtual double radius() const = 0;
};

/// A box, a ball or its part with θ ≥ 0 around a centre, in the objective's subset.
std::unique_ptr<SearchRegion> search_region(const Objective& objective,
                                            std::span<const double> centre, Region region);

/// The piece of a plane, or line, between the ends of its axes. y is not used on a line.
std::unique_ptr<SearchRegion> search_region(const Slice& slice, const Axis& x, const Axis& y);

}  // namespace convexscan
