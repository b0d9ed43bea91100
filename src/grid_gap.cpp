// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/grid_gap.hpp"

#include <algorithm>
#include <cmath>

#include "convexscan/rounding_bound.hpp"
#include "convexscan/scan.hpp"

namespace convexscan {
namespace {

/// The rounding bound over the points whose loss is finite.
double rounding_bound_where_finite(const Objective& objective, Precision precision,
                                   const Points& points, const Slice& slice,
                                   const std::vector<double>& loss) {
  const auto axes = static_cast<std::size_t>(points.axes);
  Points finite{points.axes, {}};
  for (std::size_t p = 0; p < loss.size(); ++p) {
    if (!std::isfinite(loss[p])) continue;
    const auto at = points.coordinates.begin() + static_cast<std::ptrdiff_t>(p * axes);
    finite.coordinates.insert(finite.coordinates.end(), at, at + points.axes);
  }
  double whole = 1.0;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const auto reach = [&](const std::vector<double>& coordinates) {
      double furthest = 0.0;
      for (std::size_t k = axis; k < coordinates.size(); k += axes) {
        furthest = std::max(furthest, std::fabs(coordinates[k]));
      }
      return furthest;
    };
    const auto differ = [&] {
      for (std::size_t k = axis; k < finite.coordinates.size(); k += axes) {
        if (finite.coordinates[k] != finite.coordinates[axis]) return true;
      }
      return false;
    };
    // A single coordinate is equally spaced whatever it is.
    if (differ()) whole = std::max(whole, reach(points.coordinates) / reach(finite.coordinates));
  }
  return rounding_bound(objective, slice, finite, precision, whole);
}

}  // namespace

GapSummary add_convexity_gap(const Objective& objective, Precision precision, const Points& points,
                             GridResult& result, const std::atomic<bool>* stop,
                             const SurfaceProgress& progress) {
  const auto check = [&](std::int64_t done, std::int64_t whole) {
    if (stop != nullptr && *stop) throw Interrupted();
    if (progress) progress(done, whole);
  };
  const auto columns = static_cast<std::int64_t>(result.x.size());
  const std::vector<double>& loss = result.values.at(Quantity::loss).data;
  GapSummary summary{
      surface_convexity({columns, static_cast<std::int64_t>(result.y.size()), loss}, check), 0.0};
  double largest = 0.0;
  for (const double f : loss) {
    if (std::isfinite(f)) largest = std::max(largest, std::fabs(f));
  }
  summary.least_real = least_real_gap(
      rounding_bound_where_finite(objective, precision, points, result.slice, loss), largest);
  result.derived.push_back({"convexity_gap", "loss minus its lower convex envelope over the grid",
                            summary.convexity.gap, summary.least_real});
  const GapWitness& worst = summary.convexity.worst;
  if (worst.gap > summary.least_real) {
    const auto place = [&](std::int64_t p, double weight) {
      return GapPlace{result.x[static_cast<std::size_t>(p % columns)],
                      result.y[static_cast<std::size_t>(p / columns)], weight};
    };
    result.gap_witness.push_back(place(worst.point, -1.0));
    for (std::size_t k = 0; k < worst.proof.size(); ++k) {
      result.gap_witness.push_back(place(worst.proof[k], worst.weight[k]));
    }
  }
  return summary;
}

}  // namespace convexscan
