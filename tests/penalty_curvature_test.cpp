// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/penalty_curvature.hpp"

#include <gtest/gtest.h>
#include <quadmath.h>

#include <array>
#include <cmath>
#include <limits>

#include "cpu/lanczos.hpp"
#include "curvature_problems.hpp"
#include "shared/bounded_value.hpp"
#include "shared/larger.hpp"
#include "shared/rounding.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;
using Float128 = __float128;
using Kind = PenaltyTerm::Kind;

TEST(PenaltyCurvature, LargerKeepsANanOnEitherSide) {
  EXPECT_EQ(shared::larger(1.0, 2.0), 2.0);
  EXPECT_EQ(shared::larger(2.0, 1.0), 2.0);
  EXPECT_TRUE(std::isnan(shared::larger(nan, 2.0)));
  EXPECT_TRUE(std::isnan(shared::larger(2.0, nan)));
  shared::BoundedValue unknown(1.0);
  unknown.error = nan;
  EXPECT_TRUE(std::isnan(max(unknown, shared::BoundedValue(2.0)).error));
  EXPECT_TRUE(std::isnan(max(shared::BoundedValue(2.0), unknown).error));
}

/// Products of doubles have 106 digits and quad's 113: d is exact but for 2⁻¹¹³ of its parts. The
/// centre is most often where the point is, up to a few units in the last place or exactly.
TEST(PenaltyCurvature, IsWithinItsBoundHoweverNearItsZeroIs) {
  Random random(5);
  int infinite = 0;
  int rounded_to_zero = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    constexpr std::array exponents{0.3, 0.5, 1.0, 1.5, 2.0, 2.01, 2.5, 3.0, 7.0};
    const double p = exponents[static_cast<std::size_t>(trial) % exponents.size()];
    const double scale = std::pow(10.0, -6 * (trial % 3));
    const std::vector<double> x = normal(random, 7);
    const Slice slice{{trial % 5 == 0 ? 0.0 : scale * x[0]},
                      {{scale * x[1]}, {trial % 2 == 0 ? 0.0 : scale * x[2]}}};
    const std::array coordinates{x[3], x[4]};
    const Float128 theta = Float128(slice.origin[0]) +
                           Float128(coordinates[0]) * slice.directions[0][0] +
                           Float128(coordinates[1]) * slice.directions[1][0];
    double centre = static_cast<double>(theta);
    if (trial % 4 == 1) centre += scale * x[5];
    if (trial % 4 == 2) centre += 1e-15 * scale * x[5];
    const Penalty penalty{{{Kind::lp, std::fabs(x[6]), p}}, {centre}};
    const cpu::ValueWithError found = cpu::penalty_curvature(penalty, slice, coordinates.data(), 0);
    const Float128 d = fabsq(theta - Float128(centre));
    if (std::isinf(found.error)) {
      ++infinite;
      ASSERT_LT(p, 2.0);
      continue;
    }
    rounded_to_zero += found.value == 0.0 && p > 2.0 && d > 0 ? 1 : 0;
    const Float128 factor = Float128(std::fabs(x[6])) * p * (Float128(p) - 1);
    const Float128 exact = p == 1.0 ? Float128(0) : factor * powq(d, Float128(p) - 2);
    ASSERT_LE(fabsq(exact - found.value), Float128(found.error)) << "trial " << trial << " p " << p;
    // Far from its zero it is known to some 30 roundings of d's parts, magnified |p − 2| ≤ 5 times.
    const double parts = 4.0 * scale * 6.0;
    if (d > 0.1 * scale) {
      ASSERT_LE(found.error, 300.0 * shared::unit_roundoff * std::fabs(found.value) * parts /
                                 static_cast<double>(d));
    }
  }
  EXPECT_GE(infinite, 1000);
  EXPECT_GE(rounded_to_zero, 100);
}

/// A single weight on which the loss does not depend, at exactly the penalty's zero.
TEST(PenaltyCurvature, IsExactAtItsZeroAndWithoutStrength) {
  const Slice slice{{0.0}, {{0.0}}};
  const std::array coordinates{0.7};
  const auto at_zero = [&](double p, double strength) {
    return cpu::penalty_curvature({{{Kind::lp, strength, p}}, {}}, slice, coordinates.data(), 0);
  };
  EXPECT_EQ(at_zero(3.0, 0.5).value, 0.0);
  EXPECT_LE(at_zero(3.0, 0.5).error, std::numeric_limits<double>::min());
  EXPECT_EQ(at_zero(1.5, 0.5).error, HUGE_VAL);
  EXPECT_EQ(at_zero(0.5, 0.5).error, HUGE_VAL);
  for (const double p : {0.5, 1.0, 1.5, 3.0}) {
    EXPECT_EQ(at_zero(p, 0.0).value, 0.0) << p;
    EXPECT_EQ(at_zero(p, 0.0).error, 0.0) << p;
  }
  EXPECT_EQ(at_zero(1.0, 0.5).value, 0.0);
  EXPECT_EQ(at_zero(1.0, 0.5).error, 0.0);
}

/// H·2⁻⁶⁰⁰ has the eigenvalues of H times 2⁻⁶⁰⁰ to the last bit: no square of theirs is a number.
TEST(PenaltyCurvature, LanczosScalesWhatIsTooSmallOrTooLargeToSquare) {
  Random random(6);
  constexpr std::int64_t n = 12;
  const std::vector<double> diagonal = normal(random, n);
  const auto pairs = [&](double factor) {
    return cpu::lanczos(
        [&](const double* x, double* y) {
          for (std::size_t i = 0; i < n; ++i) y[i] = factor * diagonal[i] * x[i];
        },
        cpu::scattered(n, 1), {});
  };
  const cpu::RitzPairs plain = pairs(1.0);
  for (const int exponent : {-600, -900, 600, 900}) {
    const cpu::RitzPairs scaled = pairs(std::ldexp(1.0, exponent));
    // Up to the solver's roundings, some n·u of the largest.
    EXPECT_LE(std::fabs(std::ldexp(scaled.smallest, -exponent) - plain.smallest), 1e-14)
        << exponent;
    EXPECT_LE(std::fabs(std::ldexp(scaled.largest, -exponent) - plain.largest), 1e-14) << exponent;
  }
}

}  // namespace
}  // namespace convexscan
