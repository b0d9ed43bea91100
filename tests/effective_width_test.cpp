// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/effective_width.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "random_networks.hpp"

namespace convexscan {
namespace {

/// Widths 2-3-1: W₁ (3, 2), b₁ (3), W₂ (1, 3), b₂.
NetworkTask task_with(Activation activation) {
  return *random_objective(
              {.widths = "2-3-1", .activation = activation, .loss = Loss::mse, .samples = 40})
              .network();
}

LayerWidth width_of(const std::vector<double>& theta, Activation activation = Activation::tanh) {
  const std::vector<LayerWidth> widths = effective_widths(task_with(activation), theta, 1e-3);
  EXPECT_EQ(widths.size(), 1u);
  return widths.front();
}

TEST(EffectiveWidth, OfNeuronsThatDifferIsTheirNumber) {
  const LayerWidth width = width_of({1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1, 1, 1, 0});
  EXPECT_EQ(width.neurons, 3);
  EXPECT_EQ(width.distinct, 3);
  EXPECT_EQ(width.dead, 0);
  EXPECT_GT(width.participation_ratio, 1.5);
  EXPECT_LE(width.participation_ratio, 3.0 + 1e-12);
}

TEST(EffectiveWidth, OfEqualNeuronsIsOne) {
  const LayerWidth width = width_of({1, 2, 1, 2, 1, 2, 0.1, 0.1, 0.1, 1, -2, 3, 0});
  EXPECT_EQ(width.distinct, 1);
  EXPECT_EQ(width.dead, 0);
  EXPECT_LE(std::fabs(width.participation_ratio - 1.0), 1e-12);
}

TEST(EffectiveWidth, CountsTwinsOfTheOppositeSignOnce) {
  // tanh is odd; σ(−z) = 1 − σ(z), and the constant goes into the next bias.
  const std::vector<double> theta{1, 2, -1, -2, 1, -1, 0.1, -0.1, 0.3, 1, 1, 1, 0};
  EXPECT_EQ(width_of(theta).distinct, 2);
  EXPECT_EQ(width_of(theta, Activation::sigmoid).distinct, 2);
  EXPECT_EQ(width_of(theta, Activation::relu).distinct, 3);
}

TEST(EffectiveWidth, CountsScaledReluNeuronsOnceAndScaledTanhNeuronsTwice) {
  const std::vector<double> theta{1, 2, 3, 6, 1, -1, 0.1, 0.3, 0.3, 1, 1, 1, 0};
  EXPECT_EQ(width_of(theta, Activation::relu).distinct, 2);
  EXPECT_EQ(width_of(theta).distinct, 3);
}

TEST(EffectiveWidth, CountsTheDead) {
  // No weights in; no weight out; and one that lives.
  const LayerWidth width = width_of({0, 0, 1, 2, -2, 1, 5, 0.1, 0.2, 1, 0, 1, 0});
  EXPECT_EQ(width.dead, 2);
  EXPECT_EQ(width.distinct, 1);
  EXPECT_LE(std::fabs(width.participation_ratio - 1.0), 1e-12);
  // A relu that no sample reaches.
  EXPECT_EQ(width_of({1, 1, 1, 2, -2, 1, -100, 0.1, 0.2, 1, 1, 1, 0}, Activation::relu).dead, 1);
  const LayerWidth nothing = width_of(std::vector<double>(13, 1e-9));
  EXPECT_EQ(nothing.dead, 3);
  EXPECT_EQ(nothing.distinct, 0);
  EXPECT_EQ(nothing.participation_ratio, 0.0);
}

TEST(EffectiveWidth, MeasuresTheDeadAgainstOneOrTheLargest) {
  // Three neurons that differ, with small weights out of them; then one with a large one.
  EXPECT_EQ(width_of({1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1e-4, 1e-4, 1e-4, 0}).dead, 3);
  EXPECT_EQ(width_of({1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1e-2, 1e-2, 1e-2, 0}).dead, 0);
  EXPECT_EQ(width_of({1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1e-2, 1e-2, 1e3, 0}).dead, 2);
}

TEST(EffectiveWidth, IsOfEveryHiddenLayerAndSeesThroughSkips) {
  const Objective objective =
      random_objective({.widths = "3-4-4-4-2", .residual = true, .samples = 30});
  const std::vector<LayerWidth> widths =
      effective_widths(*objective.network(), random_numbers(objective.parameter_count(), 1), 1e-3);
  ASSERT_EQ(widths.size(), 3u);
  for (const LayerWidth& width : widths) EXPECT_EQ(width.distinct, 4);
}

}  // namespace
}  // namespace convexscan
