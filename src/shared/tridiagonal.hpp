// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "shared/host_device.hpp"

/// Symmetric tridiagonal matrices T (n, n) with a diagonal d and numbers e beside it.
namespace convexscan::shared {

/// A row of a matrix that is reflected has squares that add up to this at least: smaller sums have
/// lost their last bits, and what they are made of, at most 2⁻⁴⁷⁵, is nothing beside the rounding
/// of a matrix of norm 2⁻⁴⁰⁰ or more.
inline constexpr double least_reflected = 0x1p-950;

/// The next number of Sturm's sequence, q_i = (d_i − x) − e²_{i−1}/q_{i−1}, tiny ones kept away
/// from zero (Kahan 1966): an eigenvalue that is x does not count as less. Of one x, or of a vector
/// of them.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real sturm(Real difference, double square, Real before) {
  constexpr double tiny = 1e-290;
  const Real pivot = difference - square / before;
  return ((pivot < tiny) & (pivot > -tiny)) ? Real{} + tiny : pivot;
}

/// How many eigenvalues of sign·(T − x) are negative: as many as Sturm's numbers.
CONVEXSCAN_HOST_DEVICE std::int64_t count_negative(const double* d, const double* e, std::int64_t n,
                                                   double x, double sign) {
  std::int64_t count = 0;
  double q = 1.0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double beside = i == 0 ? 0.0 : e[i - 1];
    q = sturm(sign * (d[i] - x), beside * beside, q);
    if (q < 0.0) ++count;
  }
  return count;
}

/// How many eigenvalues are less than x, and how many are greater.
CONVEXSCAN_HOST_DEVICE std::int64_t count_below(const double* d, const double* e, std::int64_t n,
                                                double x) {
  return count_negative(d, e, n, x, 1.0);
}
CONVEXSCAN_HOST_DEVICE std::int64_t count_above(const double* d, const double* e, std::int64_t n,
                                                double x) {
  return count_negative(d, e, n, x, -1.0);
}

struct Interval {
  double low;
  double high;
};

/// Gershgorin's interval: all eigenvalues are in it.
CONVEXSCAN_HOST_DEVICE Interval gershgorin(const double* d, const double* e, std::int64_t n) {
  Interval all{d[0], d[0]};
  for (std::int64_t i = 0; i < n; ++i) {
    const double reach = (i > 0 ? std::fabs(e[i - 1]) : 0.0) + (i + 1 < n ? std::fabs(e[i]) : 0.0);
    const double low = d[i] - reach;
    const double high = d[i] + reach;
    all.low = low < all.low ? low : all.low;
    all.high = high > all.high ? high : all.high;
  }
  return all;
}

/// The eigenvector s (n), of unit length, for an eigenvalue that is known to working precision: by
/// the factorisation from both ends that meets where the pivot is smallest (Parlett and Dhillon,
/// *Fernando's solution to Wilkinson's problem*, Linear Algebra Appl. 267, 1997). Returns
/// a bound on ‖(T − value)s‖ up to rounding. scratch (2n).
CONVEXSCAN_HOST_DEVICE double twisted_eigenvector(const double* d, const double* e, std::int64_t n,
                                                  double value, double* scratch, double* s) {
  // Small pivots are moved by a hundredth of the rounding that an eigenvalue has anyway: the
  // smaller they were, the faster the vector might grow beyond all numbers.
  const Interval all = gershgorin(d, e, n);
  const double size =
      std::fabs(all.low) < std::fabs(all.high) ? std::fabs(all.high) : std::fabs(all.low);
  const double tiny = size * 0x1p-60 + 1e-290;
  double* const down = scratch;
  double* const up = scratch + n;
  const auto kept = [tiny](double q) { return std::fabs(q) < tiny ? tiny : q; };
  for (std::int64_t i = 0; i < n; ++i) {
    down[i] = kept(d[i] - value - (i == 0 ? 0.0 : e[i - 1] * (e[i - 1] / down[i - 1])));
  }
  for (std::int64_t i = n - 1; i >= 0; --i) {
    up[i] = kept(d[i] - value - (i + 1 == n ? 0.0 : e[i] * (e[i] / up[i + 1])));
  }
  // γ_i = down_i + up_i − (d_i − value): (T − value)s = γ·(unit vector i) for the s with s_i = 1.
  std::int64_t twist = 0;
  double least = down[0] + up[0] - (d[0] - value);
  for (std::int64_t i = 1; i < n; ++i) {
    const double gamma = down[i] + up[i] - (d[i] - value);
    if (std::fabs(gamma) < std::fabs(least)) {
      least = gamma;
      twist = i;
    }
  }
  s[twist] = 1.0;
  double square = 1.0;
  for (std::int64_t i = twist - 1; i >= 0; --i) {
    s[i] = -(e[i] / down[i]) * s[i + 1];
    square += s[i] * s[i];
  }
  for (std::int64_t i = twist + 1; i < n; ++i) {
    s[i] = -(e[i - 1] / up[i]) * s[i - 1];
    square += s[i] * s[i];
  }
  const double length = std::sqrt(square);
  for (std::int64_t i = 0; i < n; ++i) s[i] /= length;
  // An infinite length has no direction.
  return length < HUGE_VAL ? std::fabs(least) / length + tiny : HUGE_VAL;
}

}  // namespace convexscan::shared
