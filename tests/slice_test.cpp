// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/slice.hpp"

#include <gtest/gtest.h>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

TEST(Grid, RowIsYAndBothEndsAreThere) {
  const Points points = grid(Axis{-1, 1, 3}, Axis{0, 4, 5});
  ASSERT_EQ(points.count(), 15);
  EXPECT_EQ(points.coordinates[0], -1.0);
  EXPECT_EQ(points.coordinates[1], 0.0);
  EXPECT_EQ(points.coordinates[2], 0.0);  // x runs fastest
  EXPECT_EQ(points.coordinates[2 * 3], -1.0);
  EXPECT_EQ(points.coordinates[2 * 3 + 1], 1.0);
  EXPECT_EQ(points.coordinates[28], 1.0);
  EXPECT_EQ(points.coordinates[29], 4.0);
}

TEST(Axis, EndsAreExactAndTheMiddleOfASymmetricOneIsZero) {
  const Axis axis{-0.7, 0.7, 101};
  EXPECT_EQ(axis.at(0), -0.7);
  EXPECT_EQ(axis.at(100), 0.7);
  EXPECT_NEAR(axis.at(50), 0.0, 1e-16);
}

TEST(Axis, RefusesWhatIsNotAnAxis) {
  for (const char* text : {"1:-1:0", "1:-1:5", "0:1:1", "0:0:3", "0:1", "0:1:2:3", "a:1:2",
                           "0:1:-4", "0:1:2.5", "", "nan:1:3"}) {
    EXPECT_THROW(parse_axis("--x", text), UsageError) << text;
  }
  EXPECT_EQ(parse_axis("--x", "-1:1:51").count, 51);
}

}  // namespace
}  // namespace convexscan
