// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/known_directions.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace convexscan::cpu {
namespace {

/// Of the form [[x, mixed], [mixed, y]], by its values along the axes and their sum.
std::optional<std::array<double, 2>> least_curved_of(double x, double y, double mixed) {
  return least_curved(x, y, x + y + 2.0 * mixed);
}

TEST(LeastCurved, IsTheEigenvectorOfTheNegativeEigenvalue) {
  struct Form {
    double x, y, mixed;
    std::array<double, 2> eigenvector;
  };
  const double root = std::sqrt(0.5);
  for (const Form& form : {Form{1.0, 1.0, 2.0, {root, -root}},  // eigenvalues 3 and -1
                           Form{1.0, 1.0, -2.0, {root, root}}, Form{-3.0, 5.0, 0.0, {1.0, 0.0}},
                           Form{5.0, -3.0, 0.0, {0.0, 1.0}},
                           Form{0.0, 3.0, 2.0, {2.0 * std::sqrt(0.2), -std::sqrt(0.2)}}}) {
    const auto found = least_curved_of(form.x, form.y, form.mixed);
    ASSERT_TRUE(found.has_value());
    const auto [x, y] = *found;
    // An angle of at most pi is rounded four times, by 2^-52 at most, and so are its functions.
    const double rounding = 6.0 * 0x1p-52;
    EXPECT_NEAR(x * x + y * y, 1.0, 2.0 * rounding);
    EXPECT_NEAR(std::fabs(x * form.eigenvector[0] + y * form.eigenvector[1]), 1.0, 2.0 * rounding);
    EXPECT_NEAR(x * form.eigenvector[1] - y * form.eigenvector[0], 0.0, 2.0 * rounding);
  }
}

TEST(LeastCurved, IsNoneUnlessTheFormTakesBothSigns) {
  EXPECT_FALSE(least_curved_of(1.0, 1.0, 0.0));
  EXPECT_FALSE(least_curved_of(1.0, 1.0, 1.0));
  EXPECT_FALSE(least_curved_of(-1.0, -1.0, 0.5));
  EXPECT_FALSE(least_curved_of(NAN, -1.0, 0.0));
  EXPECT_FALSE(least_curved_of(1.0, 1.0, NAN));
}

}  // namespace
}  // namespace convexscan::cpu
