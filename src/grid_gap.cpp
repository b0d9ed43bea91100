// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/grid_gap.hpp"

#include <algorithm>
#include <cmath>

#include "convexscan/rounding_bound.hpp"
#include "convexscan/scan.hpp"

namespace convexscan {

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
  summary.least_real =
      least_real_gap(rounding_bound(objective, result.slice, points, precision), largest);
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
