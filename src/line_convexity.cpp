// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include "convexscan/convexity.hpp"
#include "exact_sum.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

/// Corners of the lower hull (Andrew's monotone chain, exact).
std::vector<std::int64_t> hull_of(std::span<const double> values) {
  std::vector<std::int64_t> chain;
  const auto f = [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(values.size()); ++i) {
    if (!std::isfinite(f(i))) continue;
    while (chain.size() >= 2) {
      const std::int64_t a = chain[chain.size() - 2];
      const std::int64_t b = chain.back();
      if (!sum_is_negative<3>({b - a, a - i, i - b}, {f(i), f(b), f(a)})) break;
      chain.pop_back();
    }
    chain.push_back(i);
  }
  return chain;
}

void measure_gaps(std::span<const double> values, int exponent, LineConvexity& result) {
  const std::vector<std::int64_t> chain = hull_of(values);
  double worst = 0.0;
  for (std::size_t k = 0; k + 1 < chain.size(); ++k) {
    const std::int64_t a = chain[k];
    const std::int64_t b = chain[k + 1];
    for (std::int64_t i = a + 1; i < b; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (!std::isfinite(values[at])) continue;
      const double gap =
          signed_sum<3>({b - a, i - b, a - i}, {values[at], values[static_cast<std::size_t>(a)],
                                                values[static_cast<std::size_t>(b)]}) /
          static_cast<double>(b - a);
      result.gap[at] = std::scalbn(gap, exponent);
      if (gap > worst) {
        worst = gap;
        const auto length = static_cast<double>(b - a);
        result.worst = {i,
                        {a, b},
                        {static_cast<double>(b - i) / length, static_cast<double>(i - a) / length},
                        0.0};
      }
    }
  }
}

/// Rises from the lowest value before and falls to the lowest one after: no sublevel set with both
/// sides is an interval.
void measure_quasi_gaps(std::span<const double> values, LineConvexity& result) {
  const std::size_t count = values.size();
  std::vector<double> after(count + 1, infinity);
  for (std::size_t i = count; i-- > 0;) {
    after[i] = std::isfinite(values[i]) ? std::min(after[i + 1], values[i]) : after[i + 1];
  }
  double before = infinity;
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) continue;
    before = std::min(before, values[i]);
    result.quasi_gap[i] = values[i] - std::max(before, after[i]);
    if (result.quasi_gap[i] > result.worst_quasi_gap) {
      result.worst_quasi_gap = result.quasi_gap[i];
      result.worst_quasi_at = static_cast<std::int64_t>(i);
    }
  }
}

void measure_barrier(std::span<const double> values, LineConvexity& result) {
  if (values.empty() || !std::isfinite(values.front()) || !std::isfinite(values.back())) {
    result.barrier = nan;
    return;
  }
  const double last = static_cast<double>(values.size() - 1);
  bool known = values.size() < 3;  // nothing lies between
  for (std::size_t i = 1; i + 1 < values.size(); ++i) {
    const double t = static_cast<double>(i) / last;
    const double rise = (1.0 - t) * (values[i] - values.front()) + t * (values[i] - values.back());
    if (!std::isfinite(rise)) continue;
    known = true;
    if (rise > result.barrier) {
      result.barrier = rise;
      result.barrier_at = static_cast<std::int64_t>(i);
    }
  }
  if (!known) result.barrier = nan;
}

}  // namespace

double proven_gap(std::span<const double> values, const GapWitness& witness) {
  double gap = 0.0;
  for (std::size_t k = 0; k < witness.proof.size(); ++k) {
    gap += witness.weight[k] * (values[static_cast<std::size_t>(witness.point)] -
                                values[static_cast<std::size_t>(witness.proof[k])]);
  }
  return gap;
}

LineConvexity line_convexity(std::span<const double> values) {
  LineConvexity result;
  double largest = 0.0;
  for (const double f : values) {
    result.gap.push_back(std::isfinite(f) ? 0.0 : nan);
    if (std::isfinite(f)) largest = std::max(largest, std::fabs(f));
  }
  result.quasi_gap = result.gap;
  // By a power of two, which changes no digit, so that products cannot overflow.
  const int exponent = largest == 0.0 ? 0 : std::ilogb(largest);
  std::vector<double> scaled(values.begin(), values.end());
  for (double& f : scaled) f = std::scalbn(f, -exponent);
  measure_gaps(scaled, exponent, result);
  measure_quasi_gaps(values, result);
  measure_barrier(values, result);
  if (result.worst.point >= 0) result.worst.gap = proven_gap(values, result.worst);
  return result;
}

}  // namespace convexscan
