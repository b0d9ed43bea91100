// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/rounding_bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cpu/point_curvature.hpp"
#include "network_rounding.hpp"
#include "shared/bounded_value.hpp"
#include "shared/landscapes.hpp"
#include "shared/penalties.hpp"

namespace convexscan {
namespace {

/// The penalty is computed in double whatever the precision; its parameters' errors are path·u·M.
double penalty_bound(const Penalty& penalty, double path, const std::vector<double>& weights) {
  const double unit = std::numeric_limits<double>::epsilon() / 2.0;
  double error = 0.0;
  for (const PenaltyTerm& term : penalty.terms) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double centre = penalty.centre.empty() ? 0.0 : std::fabs(penalty.centre[i]);
      const double reach = weights[i] + centre;
      const double moved = (path + 1.0) * unit * reach;
      const shared::PenaltyValue p = shared::penalty_value(
          term.kind, term.value, term.exponent, static_cast<std::int64_t>(i), reach + moved);
      // Below exponent 1 the steepest place is 0, where |d + m|^p − |d|^p ≤ m^p.
      const bool steep = term.kind == PenaltyTerm::Kind::lp && term.exponent < 1.0;
      error += (steep ? term.value * std::pow(moved, term.exponent) : p.first * moved) +
               8.0 * unit * std::fabs(p.value) + std::numeric_limits<double>::min();
    }
  }
  return 1.02 * error;
}

/// Sizes of the weights on the slice: an upper bound for each, from the coordinates' ranges.
std::vector<double> sizes_on(const Slice& slice, const Points& points) {
  std::vector<double> sizes(slice.origin.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = std::fabs(slice.origin[i]);
  const auto axes = static_cast<std::size_t>(slice.axes());
  for (std::size_t j = 0; j < axes; ++j) {
    double reach = 0.0;
    for (std::size_t k = j; k < points.coordinates.size(); k += axes) {
      reach = std::max(reach, std::fabs(points.coordinates[k]));
    }
    for (std::size_t i = 0; i < sizes.size(); ++i)
      sizes[i] += reach * std::fabs(slice.directions[j][i]);
  }
  return sizes;
}

double landscape_bound_at(const Landscape& landscape, const Slice& slice, const double* coordinates,
                          double path) {
  const double unit = std::numeric_limits<double>::epsilon() / 2.0;
  std::vector<shared::BoundedValue> p;
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    double theta = slice.origin[i];
    double size = std::fabs(theta);
    for (std::size_t j = 0; j < slice.directions.size(); ++j) {
      theta += coordinates[j] * slice.directions[j][i];
      size += std::fabs(coordinates[j] * slice.directions[j][i]);
    }
    p.emplace_back(theta, path * unit * size);
  }
  return shared::landscape_value(landscape.id, p.data()).error + std::numeric_limits<double>::min();
}

double bound(const Objective& objective, const Slice& slice, const Points& points,
             const std::vector<double>& sizes, double path, double spread, Precision precision) {
  double error = penalty_bound(objective.penalty, path, sizes);
  if (const NetworkTask* network = objective.network()) {
    error += network_rounding_bound(*network, sizes, precision, path, spread);
  } else {
    double worst = 0.0;
    for (std::int64_t p = 0; p < points.count(); ++p) {
      worst = std::max(worst, cpu::or_infinite(landscape_bound_at(
                                  *objective.landscape(), slice,
                                  points.coordinates.data() + p * points.axes, path)));
    }
    error += worst;
  }
  return cpu::or_infinite(error);
}

}  // namespace

double rounding_bound(const Objective& objective, const Slice& slice, const Points& points,
                      Precision precision, double whole) {
  // A weight: origin, two directions and two coordinates rounded to the precision, two products and
  // two sums, and 4 for coordinates that are off equal spacing by two units of their largest.
  return bound(objective, slice, points, sizes_on(slice, points), 8.0 + 4.0 * whole, 1.0,
               precision);
}

double rounding_bound_between(const Objective& objective, std::span<const double> first,
                              std::span<const double> second, std::span<const double> t,
                              Precision precision) {
  // The weights are between the ends, so the larger end bounds them; |first| + |second − first| is
  // at most three times that, and is what is rounded.
  std::vector<double> sizes(first.size());
  Slice slice{{first.begin(), first.end()}, {std::vector<double>(first.size())}};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = std::max(std::fabs(first[i]), std::fabs(second[i]));
    slice.directions[0][i] = second[i] - first[i];
  }
  const Points points{1, {t.begin(), t.end()}};
  return bound(objective, slice, points, sizes, 30.0, 3.0, precision);
}

double least_real_gap(double error, double largest_loss) {
  return 2.0 * error + 8.0 * std::numeric_limits<double>::epsilon() * largest_loss;
}

}  // namespace convexscan
