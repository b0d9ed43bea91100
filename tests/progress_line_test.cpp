// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/progress_line.hpp"

#include <gtest/gtest.h>

namespace convexscan::commands {
namespace {

TEST(DurationText, HasAtMostTwoUnits) {
  EXPECT_EQ(duration_text(0.0), "0.0 s");
  EXPECT_EQ(duration_text(0.04), "0.0 s");
  EXPECT_EQ(duration_text(3.26), "3.3 s");
  EXPECT_EQ(duration_text(42.0), "42 s");
  EXPECT_EQ(duration_text(130.0), "2 min 10 s");
  EXPECT_EQ(duration_text(3900.0), "1 h 5 min");
  EXPECT_EQ(duration_text(100.0 * 3600.0), "100 h 0 min");
}

/// What is rounded up never shows 10.0 s, 60 s or 60 min.
TEST(DurationText, RoundsIntoTheNextUnit) {
  EXPECT_EQ(duration_text(9.94), "9.9 s");
  EXPECT_EQ(duration_text(9.96), "10 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(59.6), "1 min 0 s");
  EXPECT_EQ(duration_text(3599.4), "59 min 59 s");
  EXPECT_EQ(duration_text(3599.6), "1 h 0 min");
}

}  // namespace
}  // namespace convexscan::commands
