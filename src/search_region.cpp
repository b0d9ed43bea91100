// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/search_region.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <numeric>
#include <set>

#include "random_stream.hpp"
#include "unbounded_variables.hpp"

namespace convexscan {
namespace {

constexpr double rounding = 1e-12;  // of a point on the boundary, relative to the region's size

using Bounds = std::vector<std::pair<double, double>>;

std::vector<std::vector<double>> corners_of(const Bounds& bounds, std::int64_t at_most) {
  constexpr std::size_t largest = 30;
  if (bounds.size() > largest || (std::int64_t{1} << bounds.size()) > at_most) return {};
  std::vector<std::vector<double>> corners(std::size_t{1} << bounds.size());
  for (std::size_t c = 0; c < corners.size(); ++c) {
    for (std::size_t k = 0; k < bounds.size(); ++k) {
      corners[c].push_back((c >> k & 1) == 0 ? bounds[k].first : bounds[k].second);
    }
  }
  return corners;
}

std::string_view name(Region::Kind kind) {
  switch (kind) {
    case Region::Kind::ball:
      return "ball";
    case Region::Kind::nonnegative:
      return "nonnegative";
    default:
      return "box";
  }
}

class AroundCentre final : public SearchRegion {
 public:
  AroundCentre(const Objective& objective, std::span<const double> centre, Region region)
      : objective_(objective), centre_(centre.begin(), centre.end()), region_(region) {
    for (const std::int64_t i : objective.subset) {
      double middle = centre_[static_cast<std::size_t>(i)];
      if (region.kind == Region::Kind::nonnegative) middle = std::max(middle, 0.0);
      middle_.push_back(middle);
    }
    if (region.kind == Region::Kind::ball) {
      unbounded_ = std::make_unique<BallVariables>(middle_, region.radius);
    } else {
      unbounded_ = std::make_unique<BoxVariables>(bounds());
    }
  }

  std::vector<double> theta(std::span<const double> coordinates) const override {
    std::vector<double> point = centre_;
    for (std::size_t k = 0; k < coordinates.size(); ++k) {
      point[static_cast<std::size_t>(objective_.subset[k])] = coordinates[k];
    }
    return point;
  }

  std::vector<double> coordinates(std::span<const double> point) const override {
    return pull(point);
  }

  std::vector<double> pull(std::span<const double> gradient) const override {
    std::vector<double> own;
    for (const std::int64_t i : objective_.subset) {
      own.push_back(gradient[static_cast<std::size_t>(i)]);
    }
    return own;
  }

  void project(std::vector<double>& z) const override {
    if (region_.kind == Region::Kind::ball) {
      const double distance = from_middle(z);
      if (!(distance > region_.radius)) return;
      for (std::size_t k = 0; k < z.size(); ++k) {
        z[k] = middle_[k] + region_.radius / distance * (z[k] - middle_[k]);
      }
      return;
    }
    for (std::size_t k = 0; k < z.size(); ++k) z[k] = std::clamp(z[k], low(k), high(k));
  }

  std::vector<std::vector<double>> sample(std::int64_t count, std::uint64_t seed) const override {
    const SegmentSource source =
        random_segments(objective_, centre_, region_, stream_seed(seed, RandomUse::region_points));
    std::vector<std::vector<double>> points{middle_};
    std::set<std::vector<double>> pushed;
    while (static_cast<std::int64_t>(points.size()) < count) {
      const Segments pair = source(1);
      points.push_back(pull(pair.end(0, 0)));
      std::vector<double> outer = pull(pair.end(0, 1));
      for (std::size_t k = 0; k < outer.size(); ++k) {
        outer[k] = middle_[k] + 8.0 * (outer[k] - middle_[k]);
      }
      project(outer);
      // A box in few dimensions has few corners: one that is there already is no new point.
      if (!pushed.insert(outer).second) outer = pull(pair.end(0, 1));
      points.push_back(std::move(outer));
    }
    points.resize(static_cast<std::size_t>(std::max<std::int64_t>(count, 1)));
    return points;
  }

  std::vector<std::vector<double>> corners(std::int64_t at_most) const override {
    if (region_.kind == Region::Kind::ball) return {};
    return corners_of(bounds(), at_most);
  }

  const UnboundedVariables& unbounded() const override { return *unbounded_; }

  RegionShape shape() const override {
    return {std::string(name(region_.kind)), region_.radius, centre_, {}, {}};
  }

  bool contains(std::span<const double> point) const override {
    std::vector<double> z = pull(point);
    const double slack = rounding * (region_.radius + 1.0);
    if (region_.kind == Region::Kind::ball) return from_middle(z) <= region_.radius + slack;
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (!(z[k] >= low(k) - slack && z[k] <= high(k) + slack)) return false;
    }
    return true;
  }

  std::pair<double, double> range(std::size_t i) const override {
    const auto found = std::ranges::lower_bound(objective_.subset, static_cast<std::int64_t>(i));
    if (found == objective_.subset.end() || *found != static_cast<std::int64_t>(i)) {
      return {centre_[i], centre_[i]};
    }
    const auto k = static_cast<std::size_t>(found - objective_.subset.begin());
    return {low(k), high(k)};
  }

  double radius() const override { return region_.radius; }

 private:
  double from_middle(const std::vector<double>& z) const {
    double squares = 0.0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      squares += (z[k] - middle_[k]) * (z[k] - middle_[k]);
    }
    return std::sqrt(squares);
  }
  double low(std::size_t k) const {
    const double edge = middle_[k] - region_.radius;
    return region_.kind == Region::Kind::nonnegative ? std::max(0.0, edge) : edge;
  }
  double high(std::size_t k) const { return middle_[k] + region_.radius; }
  Bounds bounds() const {
    Bounds bounds;
    for (std::size_t k = 0; k < middle_.size(); ++k) bounds.emplace_back(low(k), high(k));
    return bounds;
  }

  const Objective& objective_;
  std::vector<double> centre_;
  std::vector<double> middle_;  // (subset)
  Region region_;
  std::unique_ptr<const UnboundedVariables> unbounded_;
};

class OnSlice final : public SearchRegion {
 public:
  OnSlice(const Slice& slice, const Axis& x, const Axis& y) : slice_(slice), axes_{x} {
    if (slice.axes() > 1) axes_.push_back(y);
    unbounded_ = std::make_unique<BoxVariables>(bounds());
  }

  std::vector<double> theta(std::span<const double> coordinates) const override {
    return slice_.at(coordinates);
  }

  /// Of the nearest point of the plane, whose directions need not be at right angles: normal
  /// equations.
  std::vector<double> coordinates(std::span<const double> point) const override {
    std::vector<double> to(point.begin(), point.end());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] -= slice_.origin[i];
    const std::vector<double> right = pull(to);
    const std::vector<double> of_x = pull(slice_.directions[0]);
    if (axes_.size() == 1) return {right[0] / of_x[0]};
    const std::vector<double> of_y = pull(slice_.directions[1]);
    const double determinant = of_x[0] * of_y[1] - of_y[0] * of_x[1];
    return {(right[0] * of_y[1] - right[1] * of_x[1]) / determinant,
            (of_x[0] * right[1] - of_y[0] * right[0]) / determinant};
  }

  std::vector<double> pull(std::span<const double> gradient) const override {
    std::vector<double> own;
    for (const std::vector<double>& direction : slice_.directions) {
      own.push_back(std::inner_product(direction.begin(), direction.end(), gradient.begin(), 0.0));
    }
    return own;
  }

  void project(std::vector<double>& z) const override {
    for (std::size_t k = 0; k < z.size(); ++k) {
      z[k] = std::clamp(z[k], axes_[k].minimum, axes_[k].maximum);
    }
  }

  std::vector<std::vector<double>> sample(std::int64_t count, std::uint64_t seed) const override {
    boost::random::mt19937_64 random(stream_seed(seed, RandomUse::region_points));
    boost::random::uniform_01<double> uniform;
    std::vector<std::vector<double>> points;
    for (std::int64_t p = 0; p < std::max<std::int64_t>(count, 1); ++p) {
      std::vector<double> z;
      for (const Axis& axis : axes_) {
        const double width = axis.maximum - axis.minimum;
        double u = p == 0 ? 0.5 : uniform(random);
        if (p % 2 == 1) u = std::clamp(0.5 + 2.0 * (u - 0.5), 0.0, 1.0);
        z.push_back(axis.minimum + u * width);
      }
      points.push_back(std::move(z));
    }
    return points;
  }

  std::vector<std::vector<double>> corners(std::int64_t at_most) const override {
    return corners_of(bounds(), at_most);
  }

  const UnboundedVariables& unbounded() const override { return *unbounded_; }

  RegionShape shape() const override {
    return {"plane", 0.0, slice_.origin, slice_.directions, bounds()};
  }

  bool contains(std::span<const double> point) const override {
    std::vector<double> inside = coordinates(point);
    project(inside);
    const std::vector<double> nearest = slice_.at(inside);
    double squares = 0.0;
    double size = 1.0;
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      squares += (nearest[i] - point[i]) * (nearest[i] - point[i]);
      size += point[i] * point[i];
    }
    return std::sqrt(squares) <= rounding * std::sqrt(size);
  }

  std::pair<double, double> range(std::size_t i) const override {
    double low = slice_.origin[i];
    double high = low;
    for (std::size_t k = 0; k < axes_.size(); ++k) {
      const auto [less, more] = std::minmax(
          {slice_.directions[k][i] * axes_[k].minimum, slice_.directions[k][i] * axes_[k].maximum});
      low += less;
      high += more;
    }
    return {low, high};
  }

  double radius() const override {
    double largest = 0.0;
    for (const Axis& axis : axes_) largest = std::max(largest, 0.5 * (axis.maximum - axis.minimum));
    return largest;
  }

 private:
  Bounds bounds() const {
    Bounds bounds;
    for (const Axis& axis : axes_) bounds.emplace_back(axis.minimum, axis.maximum);
    return bounds;
  }

  Slice slice_;
  std::vector<Axis> axes_;
  std::unique_ptr<const UnboundedVariables> unbounded_;
};

}  // namespace

std::unique_ptr<SearchRegion> search_region(const Objective& objective,
                                            std::span<const double> centre, Region region) {
  return std::make_unique<AroundCentre>(objective, centre, region);
}

std::unique_ptr<SearchRegion> search_region(const Slice& slice, const Axis& x, const Axis& y) {
  return std::make_unique<OnSlice>(slice, x, y);
}

}  // namespace convexscan
