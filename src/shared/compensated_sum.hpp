// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include "shared/host_device.hpp"

namespace convexscan::shared {

/// A sum with its rounding error carried along (Neumaier 1974): as good as in twice the precision,
/// rounded once.
class CompensatedSum {
 public:
  CONVEXSCAN_HOST_DEVICE void add(double x) {
    const double total = sum_ + x;
    // Not finite: the correction would turn an infinity into NaN.
    if (total - total == 0.0) {
      error_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - total) + x : (x - total) + sum_;
    }
    sum_ = total;
  }

  CONVEXSCAN_HOST_DEVICE double value() const { return sum_ + error_; }

 private:
  double sum_ = 0.0;
  double error_ = 0.0;
};

}  // namespace convexscan::shared
