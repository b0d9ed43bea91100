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

TEST(EffectiveWidth, MeasuresTheDeadAgainstTheTargetsOrTheLargest) {
  // Three neurons that differ, with small weights out of them; then one with a large one.
  const std::vector<double> small{1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1e-4, 1e-4, 1e-4, 0};
  EXPECT_EQ(width_of(small).dead, 3);
  EXPECT_EQ(width_of({1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1e-2, 1e-2, 1e-2, 0}).dead, 0);
  // Beside targets that are as small they are not.
  NetworkTask task = task_with(Activation::tanh);
  for (double& y : task.targets) y *= 1e-4;
  EXPECT_EQ(effective_widths(task, small, 1e-3).front().distinct, 3);
  EXPECT_EQ(width_of({1, 2, -3, 1, 0.5, -2, 0.1, 0.2, 0.3, 1e-2, 1e-2, 1e3, 0}).dead, 2);
}

TEST(EffectiveWidth, IsTheSameWhateverTheScaleOfALayer) {
  // relu: what one layer is smaller by the next is larger by.
  const Objective objective = random_objective(
      {.widths = "3-4-4-1", .activation = Activation::relu, .loss = Loss::mse, .samples = 30});
  const Model& model = objective.network()->model;
  std::vector<double> theta = random_numbers(objective.parameter_count(), 1);
  const std::vector<LayerWidth> before = effective_widths(*objective.network(), theta, 1e-3);
  ASSERT_GT(before[0].distinct, 1);
  const auto second = static_cast<std::size_t>(model.weight_offset(1));
  const auto third = static_cast<std::size_t>(model.weight_offset(2));
  for (std::size_t i = 0; i < second; ++i) theta[i] *= 0x1p-20;
  for (std::size_t i = second; i < second + 16; ++i) theta[i] *= 0x1p-20;
  for (std::size_t i = second + 16; i < third; ++i) theta[i] *= 0x1p-40;
  for (std::size_t i = third; i < third + 4; ++i) theta[i] *= 0x1p40;
  const std::vector<LayerWidth> after = effective_widths(*objective.network(), theta, 1e-3);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(after[l].distinct, before[l].distinct) << l;
    EXPECT_EQ(after[l].dead, before[l].dead) << l;
  }
  // What leads to dead neurons alone is dead.
  for (std::size_t i = third; i < third + 4; ++i) theta[i] = 0.0;
  const std::vector<LayerWidth> cut = effective_widths(*objective.network(), theta, 1e-3);
  EXPECT_EQ(cut[1].dead, 4);
  EXPECT_EQ(cut[0].dead, 4);
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
