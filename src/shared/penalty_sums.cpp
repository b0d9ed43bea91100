// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/penalty_sums.hpp"

#include "shared/compensated_sum.hpp"
#include "shared/penalties.hpp"

namespace convexscan::shared {

PenaltyJet penalty_jet(const Penalty& penalty, const Slice& slice, const double* coordinates) {
  PenaltyJet jet;
  if (penalty.empty()) return jet;
  const int axes = slice.axes();
  CompensatedSum value;
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    double d = slice.origin[i];
    for (int j = 0; j < axes; ++j) {
      d += coordinates[j] * slice.directions[static_cast<std::size_t>(j)][i];
    }
    if (!penalty.centre.empty()) d -= penalty.centre[i];
    const double x = axes > 0 ? slice.directions[0][i] : 0.0;
    const double y = axes > 1 ? slice.directions[1][i] : 0.0;
    for (const PenaltyTerm& term : penalty.terms) {
      const PenaltyValue p =
          penalty_value(term.kind, term.value, term.exponent, static_cast<std::int64_t>(i), d);
      value.add(p.value);
      // A parameter that the axes do not move adds nothing, even where its curvature is infinite.
      if (x != 0.0) {
        jet.slope[0] += p.first * x;
        jet.curvature[0] += p.second * x * x;
      }
      if (y != 0.0) {
        jet.slope[1] += p.first * y;
        jet.curvature[2] += p.second * y * y;
      }
      if (x != 0.0 && y != 0.0) jet.curvature[1] += p.second * x * y;
    }
  }
  jet.value = value.value();
  return jet;
}

double add_penalty_gradient(const Penalty& penalty, std::span<const double> theta,
                            std::span<double> gradient) {
  CompensatedSum value;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const double d = theta[i] - (penalty.centre.empty() ? 0.0 : penalty.centre[i]);
    for (const PenaltyTerm& term : penalty.terms) {
      const PenaltyValue p =
          penalty_value(term.kind, term.value, term.exponent, static_cast<std::int64_t>(i), d);
      value.add(p.value);
      gradient[i] += p.first;
    }
  }
  return value.value();
}

}  // namespace convexscan::shared
