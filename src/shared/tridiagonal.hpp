// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>

#include "shared/host_device.hpp"

/// Symmetric tridiagonal matrices T (n, n) with a diagonal d and numbers e beside it.
namespace convexscan::shared {

/// How many eigenvalues are less than x, by the signs of Sturm's sequence:
/// q_i = (d_i − x) − e²_{i−1}/q_{i−1}, with tiny pivots kept away from zero (Kahan 1966).
CONVEXSCAN_HOST_DEVICE std::int64_t count_below(const double* d, const double* e, std::int64_t n,
                                                double x) {
  constexpr double tiny = 1e-290;
  std::int64_t count = 0;
  double q = 1.0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double beside = i == 0 ? 0.0 : e[i - 1];
    q = (d[i] - x) - beside * beside / q;
    if (std::fabs(q) < tiny) q = tiny;  // an eigenvalue that is x is not below it
    if (q < 0.0) ++count;
  }
  return count;
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
/// ‖(T − value)s‖. scratch (2n).
CONVEXSCAN_HOST_DEVICE double twisted_eigenvector(const double* d, const double* e, std::int64_t n,
                                                  double value, double* scratch, double* s) {
  constexpr double tiny = 1e-290;
  double* const down = scratch;
  double* const up = scratch + n;
  const auto kept = [](double q) { return std::fabs(q) < tiny ? tiny : q; };
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
  return std::fabs(least) / length;
}

}  // namespace convexscan::shared
