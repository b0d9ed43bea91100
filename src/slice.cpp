// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/slice.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "convexscan/error.hpp"
#include "named.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

constexpr std::int64_t most_values = 1'000'000;

}  // namespace

std::vector<double> Slice::at(std::span<const double> coordinates) const {
  std::vector<double> theta = origin;
  for (std::size_t j = 0; j < directions.size(); ++j) {
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += coordinates[j] * directions[j][i];
  }
  return theta;
}

Slice Segments::slice(std::int64_t segment) const {
  const std::span<const double> from = end(segment, 0);
  const std::span<const double> to = end(segment, 1);
  Slice line{{from.begin(), from.end()}, {std::vector<double>(from.size())}};
  for (std::size_t i = 0; i < from.size(); ++i) line.directions[0][i] = to[i] - from[i];
  return line;
}

double Axis::at(std::int64_t i) const {
  if (i == 0 || count == 1) return minimum;
  if (i == count - 1) return maximum;
  return minimum + static_cast<double>(i) * spacing();
}

double Axis::spacing() const {
  return count < 2 ? infinity : (maximum - minimum) / static_cast<double>(count - 1);
}

std::vector<double> Axis::values() const {
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(at(i));
  return values;
}

Axis parse_axis(const std::string& option, const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos || text.find(':', second + 1) != std::string::npos) {
    throw UsageError(fmt::format("{} {}: give min:max:count, as in -1:1:51", option, text));
  }
  const std::string count = text.substr(second + 1);
  const UsageError too_many(fmt::format("{} {}: at most {} values", option, text, most_values));
  // A count that no whole number holds is too many as well.
  constexpr std::size_t digits = std::numeric_limits<std::int64_t>::digits10;
  if (count.size() > digits && count.find_first_not_of("0123456789") == std::string::npos) {
    throw too_many;
  }
  const Axis axis{parse_number(option, text.substr(0, first)),
                  parse_number(option, text.substr(first + 1, second - first - 1)),
                  parse_whole_number(option, count)};
  if (axis.count < 1)
    throw UsageError(fmt::format("{} {}: the count must be positive", option, text));
  if (axis.minimum > axis.maximum) {
    throw UsageError(fmt::format("{} {}: the minimum is above the maximum", option, text));
  }
  if ((axis.minimum == axis.maximum) != (axis.count == 1)) {
    throw UsageError(fmt::format(
        "{} {}: {}", option, text,
        axis.count == 1 ? "one point needs equal ends" : "several points need different ends"));
  }
  if (axis.count > most_values) throw too_many;
  // Neighbours must be different numbers, and all of them finite.
  const double step = (axis.maximum - axis.minimum) / static_cast<double>(axis.count);
  if (axis.count > 1 && !(std::isfinite(step) && axis.minimum + step / 2 > axis.minimum &&
                          axis.maximum - step / 2 < axis.maximum)) {
    throw UsageError(fmt::format("{} {}: the range is too {} for that many values", option, text,
                                 std::isfinite(step) ? "narrow" : "wide"));
  }
  return axis;
}

Points grid(const Axis& x, const Axis& y) {
  Points points{2, {}};
  points.coordinates.reserve(static_cast<std::size_t>(2 * x.count * y.count));
  for (std::int64_t row = 0; row < y.count; ++row) {
    for (std::int64_t column = 0; column < x.count; ++column) {
      points.coordinates.push_back(x.at(column));
      points.coordinates.push_back(y.at(row));
    }
  }
  return points;
}

Points line(const Axis& t) { return {1, t.values()}; }

}  // namespace convexscan
