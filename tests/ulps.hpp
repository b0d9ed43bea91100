// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>

namespace convexscan {

/// Distance from the true value in units of the last place of the true value.
template <class Real>
double ulps(Real found, long double expected) {
  const auto rounded = static_cast<Real>(expected);
  if (found == rounded) return 0.0;
  const Real unit = std::nextafter(std::fabs(rounded), std::numeric_limits<Real>::infinity()) -
                    std::fabs(rounded);
  return static_cast<double>(std::fabs(static_cast<long double>(found) - expected) / unit);
}

}  // namespace convexscan
