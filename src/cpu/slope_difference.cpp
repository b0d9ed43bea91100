// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/slope_difference.hpp"

#include <algorithm>
#include <cmath>

#include "shared/loss_divisor.hpp"
#include "shared/penalties.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cpu {
namespace {

using shared::BoundedValue;

/// Sample by sample, so that what they have in common is not summed.
BoundedValue difference_of_losses(SampleLine& network, const NetworkData<double>& data,
                                  double before, double behind) {
  constexpr std::int64_t samples_at_once = SampleLine::columns / 2;
  BoundedValue sum;
  std::vector<LineColumn> at;
  std::vector<SlopeJump> found;
  for (std::int64_t start = 0; start < data.samples; start += samples_at_once) {
    at.clear();
    for (std::int64_t s = start; s < std::min(start + samples_at_once, data.samples); ++s) {
      at.push_back({s, before});
      at.push_back({s, behind});
    }
    found.resize(at.size());
    network.evaluate(at);
    network.jumps(at, std::vector<std::vector<KinkFlip>>(at.size()), found);
    for (std::size_t k = 0; k < at.size(); k += 2) {
      if (found[k].at_kink || found[k + 1].at_kink) return {0.0, infinity};
      sum = sum + (found[k + 1].slope - found[k].slope);
    }
  }
  return sum / BoundedValue(shared::loss_divisor(data.task));
}

/// The slope of one term at d ± error: between those at both ends, as the slope of |d|^p, p ≥ 1, is
/// monotone, and that of p < 1 on either side of 0.
BoundedValue slope_of(const PenaltyTerm& term, std::int64_t index, BoundedValue d) {
  if (term.kind == PenaltyTerm::Kind::lp && term.exponent < 1.0 && std::fabs(d.value) <= d.error) {
    return {0.0, infinity};
  }
  const auto at = [&](double place) {
    return shared::penalty_value(term.kind, term.value, term.exponent, index, place).first;
  };
  const double low = at(d.value - d.error);
  const double high = at(d.value + d.error);
  const double middle = 0.5 * (low + high);
  return {middle, std::max(std::fabs(high - middle), std::fabs(low - middle)) +
                      8.0 * BoundedValue::unit * std::max(std::fabs(low), std::fabs(high))};
}

}  // namespace

BoundedValue slope_difference(SampleLine& network, const Objective& objective,
                              const NetworkData<double>& data, const Slice& slice, SliceLine line,
                              double before, double behind) {
  BoundedValue sum = difference_of_losses(network, data, before, behind);
  const Penalty& penalty = objective.penalty;
  if (penalty.empty()) return sum;
  const std::vector<double>& direction = slice.directions[static_cast<std::size_t>(line.axis)];
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    if (direction[i] == 0.0) continue;
    BoundedValue from(slice.origin[i]);
    for (std::size_t j = 0; j < slice.directions.size(); ++j) {
      from = from + BoundedValue(slice.directions[j][i]) * BoundedValue(line.begin[j]);
    }
    if (!penalty.centre.empty()) from = from - BoundedValue(penalty.centre[i]);
    for (const PenaltyTerm& term : penalty.terms) {
      const auto slope = [&](double place) {
        const BoundedValue d = from + BoundedValue(place) * BoundedValue(direction[i]);
        return slope_of(term, static_cast<std::int64_t>(i), d);
      };
      sum = sum + (slope(behind) - slope(before)) * BoundedValue(direction[i]);
    }
  }
  return sum;
}

}  // namespace convexscan::cpu
