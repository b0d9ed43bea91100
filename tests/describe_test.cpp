// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_result.hpp"

namespace convexscan {
namespace {

using testing::Contains;

TEST(Describe, CountsVerdictsAndWhatIsNotFinite) {
  const std::vector<std::string> lines = describe(example_result());
  EXPECT_THAT(lines, Contains("x: -1 to 1, 5 values"));
  EXPECT_THAT(lines, Contains("points: 15, 3 not finite"));
  EXPECT_THAT(lines, Contains("loss: 0 to 21, 3 not finite"));
  EXPECT_THAT(lines, Contains("verdict: 6 locally convex, 6 not convex, 3 undecided"));
  EXPECT_THAT(lines, Contains("time: 0.125 s, 120 points/s"));
  EXPECT_THAT(lines, Contains("marker: step 0 at (-0.9, 0.2), 0.7 out of the plane"));
}

TEST(Describe, SaysWhenNothingIsFinite) {
  GridResult result;
  result.x = {0.0};
  result.y = {0.0};
  result.values[Quantity::loss] = {1, {std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_THAT(describe(result), Contains("loss: no finite value, 1 not finite"));
}

}  // namespace
}  // namespace convexscan
