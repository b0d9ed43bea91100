// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>

#include "shared/larger.hpp"

namespace convexscan::shared {

/// A computed number with an upper bound of its distance from the exact one (running error
/// analysis: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.3). The bounds'
/// own rounding is covered by counting every operation as two and a function of <cmath> as four.
struct BoundedValue {
  static constexpr double unit = std::numeric_limits<double>::epsilon();  // twice the rounding unit

  double value = 0.0;
  double error = 0.0;

  BoundedValue() = default;
  BoundedValue(double exact) : value(exact) {}  // NOLINT: formulas hold constants
  BoundedValue(double v, double e) : value(v), error(e + unit * std::fabs(v)) {}
};

inline BoundedValue operator+(BoundedValue a, BoundedValue b) {
  return {a.value + b.value, a.error + b.error};
}
inline BoundedValue operator-(BoundedValue a, BoundedValue b) {
  return {a.value - b.value, a.error + b.error};
}
inline BoundedValue operator*(BoundedValue a, BoundedValue b) {
  return {a.value * b.value,
          a.error * std::fabs(b.value) + std::fabs(a.value) * b.error + a.error * b.error};
}
inline BoundedValue exp(BoundedValue a) {
  const double value = std::exp(a.value);
  return {value, value * (std::expm1(a.error) + BoundedValue::unit)};
}
inline BoundedValue log(BoundedValue a) {
  const double low = a.value - a.error;
  const double value = std::log(a.value);
  return {value, (low > 0.0 ? a.error / low : std::numeric_limits<double>::infinity()) +
                     BoundedValue::unit * std::fabs(value)};
}
inline BoundedValue sin(BoundedValue a) {
  const double value = std::sin(a.value);
  return {value, a.error + BoundedValue::unit * std::fabs(value)};
}
inline BoundedValue sqrt(BoundedValue a) {
  const double low = a.value - a.error;
  const double value = std::sqrt(a.value);
  return {value,
          low > 0.0 ? a.error / (2.0 * std::sqrt(low)) : std::sqrt(a.error + std::fabs(low))};
}
inline BoundedValue max(BoundedValue a, BoundedValue b) {
  BoundedValue result = a.value > b.value ? a : b;
  result.error = larger(a.error, b.error);
  return result;
}

}  // namespace convexscan::shared
