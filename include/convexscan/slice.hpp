// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace convexscan {

/// An affine piece of parameter space: origin + Σ_j c_j·direction_j. Two axes make a plane, one a
/// line, none a point.
struct Slice {
  std::vector<double> origin;                   ///< (parameters)
  std::vector<std::vector<double>> directions;  ///< (axes, parameters)

  int axes() const { return static_cast<int>(directions.size()); }
  std::int64_t parameter_count() const { return static_cast<std::int64_t>(origin.size()); }

  /// θ (parameters) at the coordinates (axes).
  std::vector<double> at(std::span<const double> coordinates) const;
};

/// Straight lines between pairs of points.
struct Segments {
  std::int64_t parameters = 0;
  std::vector<double> ends;  ///< (segments, 2, parameters): where t is 0, and where it is 1

  std::int64_t count() const {
    return parameters == 0 ? 0 : static_cast<std::int64_t>(ends.size()) / (2 * parameters);
  }
  std::span<const double> end(std::int64_t segment, int which) const {
    return {ends.data() + (2 * segment + which) * parameters, static_cast<std::size_t>(parameters)};
  }

  /// The line through both ends; t is its coordinate.
  Slice slice(std::int64_t segment) const;
};

/// Equally spaced coordinates with both ends: `--x min:max:count`.
struct Axis {
  double minimum = -1.0;
  double maximum = 1.0;
  std::int64_t count = 51;

  /// minimum + i·(maximum − minimum)/(count − 1), the ends exactly; the minimum alone for count 1.
  double at(std::int64_t i) const;
  std::vector<double> values() const;

  /// Distance of neighbours; infinite for count 1.
  double spacing() const;
};

/// Throws UsageError unless the text is min:max:count with min < max and count ≥ 2, or min = max
/// and count = 1.
Axis parse_axis(const std::string& option, const std::string& text);

/// Points of a slice as rows of coordinates.
struct Points {
  int axes = 0;
  std::vector<double> coordinates;  ///< (points, axes), row-major

  std::int64_t count() const {
    return axes == 0 ? 1 : static_cast<std::int64_t>(coordinates.size()) / axes;
  }
};

/// The points of a grid, row by row: x runs fastest, row = y.
Points grid(const Axis& x, const Axis& y);

/// The points of a line.
Points line(const Axis& t);

}  // namespace convexscan
