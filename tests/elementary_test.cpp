// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "ulps.hpp"

namespace convexscan {
namespace {

/// The largest error over many arguments: equally spaced, and tiny ones of both signs.
template <class Real, class F, class G>
double worst(F&& found, G&& expected, double low, double high) {
  double worst = 0.0;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(low, high);
  std::uniform_real_distribution<double> exponent(-30, 0);
  const auto check = [&](double value) {
    if (value < low || value > high) return;
    const auto x = static_cast<Real>(value);
    const double error = ulps<Real>(found(x), expected(static_cast<long double>(x)));
    if (!(error <= worst)) worst = error;
  };
  for (int i = 0; i < 400000; ++i) check(uniform(random));
  for (int i = 0; i < 100000; ++i) {
    const double tiny = std::pow(10.0, exponent(random));
    check(tiny);
    check(-tiny);
  }
  return worst;
}

template <class Real>
class Elementary : public testing::Test {};
using Reals = testing::Types<double, float>;
TYPED_TEST_SUITE(Elementary, Reals);

TYPED_TEST(Elementary, IsWithinTwoUlp) {
  using Real = TypeParam;
  const double range = sizeof(Real) == 8 ? 700.0 : 85.0;
  const auto l = [](long double x) { return std::log(x); };
  EXPECT_LE(worst<Real>([](Real x) { return elementary::exp(x); },
                        [](long double x) { return std::exp(x); }, -range, range),
            2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::exp_of_negative(x); },
                        [](long double x) { return std::exp(x); }, -range, 0.0),
            2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::expm1(x); },
                        [](long double x) { return std::expm1(x); }, -range, 40.0),
            2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::tanh(x); },
                        [](long double x) { return std::tanh(x); }, -25.0, 25.0),
            2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::sigmoid(x); },
                        [](long double x) { return 1 / (1 + std::exp(-x)); }, -range, range),
            2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::log(x); }, l, 1e-30, 1e30), 2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::log(x); }, l, 0.5, 2.0), 2.0);
  EXPECT_LE(worst<Real>([](Real x) { return elementary::log1p(x); },
                        [](long double x) { return std::log1p(x); }, 0.0, 1.0),
            2.0);
}

/// Against the bound that network_rounding.cpp derives for it, from a tanh a that is rounded once.
TYPED_TEST(Elementary, TanhBesideAnotherRoundsAsDerived) {
  using Real = TypeParam;
  const double unit = std::numeric_limits<Real>::epsilon() / 2.0;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> near(-0.34657, 0.34657);
  std::uniform_real_distribution<double> far(-6.0, 6.0);
  for (int i = 0; i < 400000; ++i) {
    const double scale = std::pow(2.0, -(i % 30));
    const auto a = static_cast<Real>(far(random) * (i % 2 == 0 ? 1.0 : scale));
    const auto d = static_cast<Real>(near(random) * scale);
    const long double tanh_a = std::tanh(static_cast<long double>(a));
    const long double tanh_d = std::tanh(static_cast<long double>(d));
    const long double sum = std::tanh(static_cast<long double>(a) + static_cast<long double>(d));
    const long double below = (1.0L + tanh_a * tanh_d) * (1.0L + tanh_a * tanh_d);
    const auto found = elementary::tanh_beside(static_cast<Real>(tanh_a), d);
    const long double error =
        std::fabs(static_cast<long double>(found.numerator / found.denominator) - sum);
    ASSERT_LE(error, unit * (std::fabs(tanh_a) * (1.0L - tanh_d * tanh_d) / below +
                             2.2L * std::fabs(tanh_d) * (1.0L - tanh_a * tanh_a) / below +
                             3.0L * std::fabs(sum)))
        << a << " " << d;
  }
}

TYPED_TEST(Elementary, KeepsWhatIsNotFinite) {
  using Real = TypeParam;
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
  EXPECT_TRUE(std::isnan(elementary::exp(nan)));
  EXPECT_TRUE(std::isnan(elementary::exp_of_negative(nan)));
  EXPECT_EQ(elementary::exp_of_negative(-infinity), Real(0));
  EXPECT_TRUE(std::isnan(elementary::tanh(nan)));
  EXPECT_TRUE(std::isnan(elementary::sigmoid(nan)));
  EXPECT_TRUE(std::isnan(elementary::log(nan)));
  EXPECT_EQ(elementary::exp(infinity), infinity);
  EXPECT_EQ(elementary::exp(-infinity), Real(0));
  EXPECT_EQ(elementary::tanh(infinity), Real(1));
  EXPECT_EQ(elementary::tanh(-infinity), Real(-1));
  EXPECT_EQ(elementary::sigmoid(-infinity), Real(0));
  EXPECT_EQ(elementary::log(infinity), infinity);
  EXPECT_EQ(elementary::tanh(Real(0)), Real(0));
}

}  // namespace
}  // namespace convexscan
