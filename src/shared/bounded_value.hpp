// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>

#include "shared/larger.hpp"

namespace convexscan::shared {

/// A computed number with an upper bound of its distance from the exact one (running error
/// analysis: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.3). The bounds'
/// own rounding is covered by counting every operation as two and a function of <cmath> as four;
/// what underflows, by the smallest normal number.
struct BoundedValue {
  static constexpr double unit = std::numeric_limits<double>::epsilon();  // twice the rounding unit
  static constexpr double tiny = std::numeric_limits<double>::min();

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
inline BoundedValue operator-(BoundedValue a) {
  a.value = -a.value;
  return a;
}
inline BoundedValue operator*(BoundedValue a, BoundedValue b) {
  const auto is_zero = [](const BoundedValue& c) { return c.value == 0.0 && c.error == 0.0; };
  if (is_zero(a) || is_zero(b)) return 0.0;
  return {a.value * b.value, a.error * std::fabs(b.value) + std::fabs(a.value) * b.error +
                                 a.error * b.error + BoundedValue::tiny};
}
inline BoundedValue operator/(BoundedValue a, BoundedValue b) {
  const double value = a.value / b.value;
  const double least = std::fabs(b.value) - b.error;
  return {value, least > 0.0 ? (a.error + std::fabs(value) * b.error) / least + BoundedValue::tiny
                             : std::numeric_limits<double>::infinity()};
}
inline BoundedValue exp(BoundedValue a) {
  const double value = std::exp(a.value);
  return {value, value * (std::expm1(a.error) + BoundedValue::unit) + BoundedValue::tiny};
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
inline BoundedValue cos(BoundedValue a) {
  const double value = std::cos(a.value);
  return {value, a.error + BoundedValue::unit * std::fabs(value)};
}
inline BoundedValue sqrt(BoundedValue a) {
  const double low = a.value - a.error;
  const double value = std::sqrt(a.value);
  return {value,
          low > 0.0 ? a.error / (2.0 * std::sqrt(low)) : std::sqrt(a.error + std::fabs(low))};
}
inline double computed(BoundedValue a) { return a.value; }
inline bool operator>(BoundedValue a, BoundedValue b) { return a.value > b.value; }
inline BoundedValue max(BoundedValue a, BoundedValue b) {
  BoundedValue result = a.value > b.value ? a : b;
  result.error = larger(a.error, b.error);
  return result;
}

}  // namespace convexscan::shared
