// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace convexscan {

/// Σ factor·value with whole factors up to 2²⁶, exactly (Shewchuk 1997, grow-expansion). Values
/// must be so far from overflow and underflow that no product of theirs meets it.
template <std::size_t terms>
class ExactSum {
 public:
  void add(std::int64_t factor, double value) {
    // 27 + 26 bits of the value times 26 bits of the factor: both products are exact.
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const double high = std::bit_cast<double>(bits & ~((std::uint64_t{1} << 26) - 1));
    const auto scale = static_cast<double>(factor);
    grow(scale * high);
    grow(scale * (value - high));
  }

  /// Rounded once or twice; its sign is that of the exact sum.
  double value() const {
    double sum = 0.0;
    for (std::size_t k = 0; k < size_; ++k) sum += parts_[k];
    return sum;
  }

 private:
  /// Parts stay in increasing order of magnitude and do not overlap.
  void grow(double x) {
    std::size_t kept = 0;
    for (std::size_t k = 0; k < size_; ++k) {
      const double part = parts_[k];
      const double sum = x + part;
      const double share = sum - x;
      const double lost = (x - (sum - share)) + (part - share);
      if (lost != 0.0) parts_[kept++] = lost;
      x = sum;
    }
    if (x != 0.0) parts_[kept++] = x;
    size_ = kept;
  }

  std::array<double, 2 * terms> parts_{};
  std::size_t size_ = 0;
};

/// Σ factor·value of a few terms in ordinary arithmetic where that leaves no doubt: a sum of so few
/// terms is off by less than 2·terms·u·Σ|factor·value|. Where the sum is not more than certainty
/// times that, it is done again exactly. The factors' sum need not be 0.
template <std::size_t terms>
double sum_with_certainty(const std::array<std::int64_t, terms>& factor,
                          const std::array<double, terms>& value, double certainty) {
  double sum = 0.0;
  double size = 0.0;
  for (std::size_t k = 0; k < terms; ++k) {
    const double product = static_cast<double>(factor[k]) * value[k];
    sum += product;
    size += std::fabs(product);
  }
  const double enough = certainty * terms * std::numeric_limits<double>::epsilon();
  if (std::fabs(sum) > enough * size) return sum;
  ExactSum<terms> exact;
  for (std::size_t k = 0; k < terms; ++k) exact.add(factor[k], value[k]);
  return exact.value();
}

/// Exact in sign, right to about 10⁻¹².
template <std::size_t terms>
double signed_sum(const std::array<std::int64_t, terms>& factor,
                  const std::array<double, terms>& value) {
  return sum_with_certainty(factor, value, 1e12);
}

/// The same for its sign alone, with fewer exact sums.
template <std::size_t terms>
bool sum_is_negative(const std::array<std::int64_t, terms>& factor,
                     const std::array<double, terms>& value) {
  return sum_with_certainty(factor, value, 1.0) < 0.0;
}

}  // namespace convexscan
