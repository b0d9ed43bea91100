// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cblas.h>

#include <span>
#include <vector>

namespace convexscan {

/// ‖a − b‖ of two vectors of the same length; overflows only where the result does.
inline double distance(std::span<const double> a, std::span<const double> b) {
  std::vector<double> difference(a.begin(), a.end());
  const auto n = static_cast<blasint>(a.size());
  cblas_daxpy(n, -1.0, b.data(), 1, difference.data(), 1);
  return cblas_dnrm2(n, difference.data(), 1);
}

}  // namespace convexscan
