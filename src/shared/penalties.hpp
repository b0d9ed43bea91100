// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "convexscan/objective.hpp"
#include "shared/host_device.hpp"

namespace convexscan::shared {

/// One parameter's share of a penalty and its derivatives, at d = θᵢ − centreᵢ.
struct PenaltyValue {
  double value;
  double first;
  double second;
};

/// index counts from 0. A strength of 0 is no penalty, and |d|^1 is |d|. At d = 0 the slope of
/// |d|^p, p ≤ 1, is reported as 0, which is a subgradient, and its second derivative is 0 for p =
/// 1, −∞ for p < 1 and +∞ for 1 < p < 2: the last two have no finite value.
CONVEXSCAN_HOST_DEVICE PenaltyValue penalty_value(PenaltyTerm::Kind kind, double value,
                                                  double exponent, std::int64_t index, double d) {
  if (value == 0.0) return {0.0, 0.0, 0.0};
  if (kind == PenaltyTerm::Kind::lp && exponent == 1.0) kind = PenaltyTerm::Kind::l1;
  const double sign = d > 0.0 ? 1.0 : (d < 0.0 ? -1.0 : 0.0);
  switch (kind) {
    case PenaltyTerm::Kind::l2:
      return {value * d * d, 2.0 * value * d, 2.0 * value};
    case PenaltyTerm::Kind::l2_graded: {
      const double weight = std::pow(value, static_cast<double>(index + 1));
      return {weight * d * d, 2.0 * weight * d, 2.0 * weight};
    }
    case PenaltyTerm::Kind::l1:
      return {value * std::fabs(d), value * sign, 0.0};
    case PenaltyTerm::Kind::lp: {
      const double a = std::fabs(d);
      return {value * std::pow(a, exponent),
              d == 0.0 ? 0.0 : value * exponent * sign * std::pow(a, exponent - 1.0),
              value * exponent * (exponent - 1.0) * std::pow(a, exponent - 2.0)};
    }
  }
  return {0.0, 0.0, 0.0};
}

}  // namespace convexscan::shared
