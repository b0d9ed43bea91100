// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/moved_tail.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cuda/line_losses.hpp"
#include "plane_behind.hpp"
#include "random_networks.hpp"

/// That structure is found and used; its numbers are in tests/cuda_moved_tail_test.cpp.
namespace convexscan::cuda {
namespace {

class DeviceMovedTail : public testing::Test {
 protected:
  const Objective objective_ =
      random_objective({.widths = "3-8-5-2", .loss = Loss::mse, .samples = 10});
  const DeviceContext context_;
  const NetworkData<double> data_{*objective_.network(), context_.queue()};
};

TEST_F(DeviceMovedTail, LeavesOutTheLayersThatStay) {
  MovedTail<double> tail(data_, context_);
  for (const int first : {2, 1, 0, 2}) {
    tail.set(plane_behind(objective_, first, first));
    EXPECT_EQ(tail.is_whole(), first == 0);
    EXPECT_EQ(tail.data().layers.size(), 3u - static_cast<std::size_t>(first));
    EXPECT_EQ(tail.moved().parameter_count(), tail.data().parameters);
  }
}

TEST_F(DeviceMovedTail, LeavesOutTheUnitsThatStay) {
  Slice slice = random_slice(objective_, 1);
  std::ranges::fill(slice.directions[0], 0.0);
  slice.directions[0][3] = 1.0;
  MovedTail<double> tail(data_, context_);
  tail.set(slice);
  EXPECT_FALSE(tail.is_whole());
  EXPECT_TRUE(tail.slice().has_second());
  EXPECT_EQ(tail.data().layers.front().outputs, 1);
}

TEST_F(DeviceMovedTail, FindsTheAxisThatLinesRunAlong) {
  const auto lines_of = [&](int x_first, int y_first) {
    MovedTail<double> tail(data_, context_);
    tail.set(plane_behind(objective_, x_first, y_first));
    return Lines<double>::of(tail);
  };
  EXPECT_FALSE(lines_of(0, 0).has_value());
  EXPECT_FALSE(lines_of(1, 1).has_value());
  const auto x = lines_of(2, 0);
  ASSERT_TRUE(x.has_value());
  EXPECT_EQ(x->axis, 0);
  EXPECT_EQ(x->first, 2);
  EXPECT_TRUE(x->quadratic);
  const auto y = lines_of(1, 2);  // the first layer moves along neither
  ASSERT_TRUE(y.has_value());
  EXPECT_EQ(y->axis, 1);
  EXPECT_EQ(y->first, 1);
  const auto deep = lines_of(0, 1);
  ASSERT_TRUE(deep.has_value());
  EXPECT_FALSE(deep->quadratic);
  EXPECT_TRUE(deep->serves(true));
  EXPECT_EQ(deep->network->depth, 2);
}

}  // namespace
}  // namespace convexscan::cuda
