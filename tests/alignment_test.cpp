// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/alignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "assignment.hpp"
#include "convexscan/backend.hpp"
#include "convexscan/segments.hpp"
#include "loss_at.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

double distance_between(const std::vector<double>& a, const std::vector<double>& b) {
  double squares = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += std::pow(a[i] - b[i], 2);
  return std::sqrt(squares);
}

/// Many twins of twins: every layer is shuffled.
std::vector<double> shuffled(const Model& model, std::vector<double> theta, Symmetry symmetry) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    theta = twin(model, theta, symmetry, seed).theta;
  }
  return theta;
}

TEST(BestAssignment, IsTheBestOfAllPermutations) {
  for (std::int64_t n = 1; n <= 6; ++n) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      std::vector<double> score = gaussian_numbers(n * n, seed);
      if (seed % 4 == 0)
        std::ranges::transform(score, score.begin(), [](double s) {
          return std::round(s);  // full of ties
        });
      const auto total = [&](const std::vector<std::int64_t>& chosen) {
        double sum = 0.0;
        for (std::int64_t i = 0; i < n; ++i) {
          sum += score[static_cast<std::size_t>(i * n + chosen[static_cast<std::size_t>(i)])];
        }
        return sum;
      };
      std::vector<std::int64_t> order(static_cast<std::size_t>(n));
      std::iota(order.begin(), order.end(), 0);
      double best = total(order);
      while (std::ranges::next_permutation(order).found) best = std::max(best, total(order));
      const std::vector<std::int64_t> found = best_assignment(score, n);
      std::vector<std::int64_t> sorted = found;
      std::ranges::sort(sorted);
      for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(sorted[static_cast<std::size_t>(i)], i);
      // Each score was rounded to half of 2⁻⁴⁰ of a range of less than 8.
      EXPECT_LE(best - total(found), static_cast<double>(n) * 8.0 * 0x1p-40);
    }
  }
}

TEST(Alignment, BringsPermutedTwinsBackToTheBit) {
  for (const char* widths : {"3-9-2", "3-8-6-7-2", "5-16-16-16-4"}) {
    const Model model = mlp(widths, Activation::gelu, 0.0, true, false);
    for (unsigned seed = 1; seed < 6; ++seed) {
      const std::vector<double> theta = gaussian_numbers(model.parameter_count(), seed);
      const std::vector<double> other = shuffled(model, theta, Symmetry::permute);
      const Alignment alignment = align(model, theta, other);
      EXPECT_GT(alignment.distance_before, 1.0);
      EXPECT_EQ(alignment.distance_after, 0.0);
      EXPECT_EQ(alignment.theta, theta) << widths;
      EXPECT_GT(alignment.moved, 4);
      EXPECT_EQ(alignment.flipped, 0);
    }
  }
}

TEST(Alignment, BringsTwinsWithOtherSignsBackToTheBit) {
  const Model model = mlp("3-8-6-2", Activation::tanh, 0.0, true, false);
  const std::vector<double> theta = gaussian_numbers(model.parameter_count(), 3);
  const std::vector<double> other =
      shuffled(model, shuffled(model, theta, Symmetry::flip), Symmetry::permute);
  const Alignment alignment = align(model, theta, other);
  EXPECT_EQ(alignment.theta, theta);
  EXPECT_GT(alignment.flipped, 0);
  EXPECT_EQ(alignment.units, 14);
}

TEST(Alignment, IsTheSameWhereSquaresOverflow) {
  const Model model = mlp("3-8-6-2", Activation::tanh, 0.0, true, false);
  std::vector<double> a = gaussian_numbers(model.parameter_count(), 3);
  std::vector<double> b = gaussian_numbers(model.parameter_count(), 4);
  const Alignment plain = align(model, a, b);
  ASSERT_GT(plain.moved, 0);
  for (double& w : a) w *= 0x1p600;
  for (double& w : b) w *= 0x1p600;
  const Alignment scaled = align(model, a, b);
  EXPECT_EQ(scaled.distance_before, 0x1p600 * plain.distance_before);
  EXPECT_EQ(scaled.distance_after, 0x1p600 * plain.distance_after);
  for (std::size_t i = 0; i < b.size(); ++i) {
    EXPECT_EQ(scaled.theta[i], 0x1p600 * plain.theta[i]);
  }
}

TEST(Alignment, LeavesUnitsWithMasksWhereTheyAre) {
  const Model model = with_dropout(mlp("3-8-2", Activation::relu, 0.0, true, false), 0.4, 1);
  const std::vector<double> a = gaussian_numbers(model.parameter_count(), 3);
  const std::vector<double> b = gaussian_numbers(model.parameter_count(), 4);
  EXPECT_EQ(align(model, a, b).theta, b);
}

TEST(Alignment, NeverFlipsUnitsThatAreNotOdd) {
  const Model model = mlp("3-8-6-2", Activation::relu, 0.0, true, false);
  const std::vector<double> theta = gaussian_numbers(model.parameter_count(), 3);
  std::vector<double> other = theta;
  for (double& w : other) w = -w;
  EXPECT_EQ(align(model, theta, other).flipped, 0);
}

TEST(Alignment, KeepsTheLossAndNeverGetsFartherAway) {
  for (const Activation activation : {Activation::tanh, Activation::relu}) {
    for (const bool residual : {false, true}) {
      const Objective objective = random_objective(
          mlp("4-7-7-7-3", activation, 0.0, true, residual), 60, Loss::cross_entropy, 3);
      const Model& model = objective.network()->model;
      for (unsigned seed = 1; seed < 6; ++seed) {
        const std::vector<double> a = gaussian_numbers(model.parameter_count(), seed, 0.5);
        const std::vector<double> b = gaussian_numbers(model.parameter_count(), seed + 100, 0.5);
        const Alignment alignment = align(model, a, b);
        EXPECT_LT(alignment.distance_after, alignment.distance_before);
        EXPECT_EQ(alignment.distance_after, distance_between(a, alignment.theta));
        const double before = loss_at(objective, b);
        // Sums of at most 8 terms in each of 4 layers and of 60 samples, in another order.
        EXPECT_LE(std::fabs(loss_at(objective, alignment.theta) - before), 1e3 * 0x1p-53 * before);
      }
    }
  }
}

TEST(Alignment, MovesLayersJoinedBySkipsTogether) {
  // Nodes 1, 3 and 4 are joined; 2 is free for itself.
  const Model model({{3, 6, true, Activation::relu, 0.0, Layer::no_skip, Layer::no_skip},
                     {6, 5, true, Activation::relu, 0.0, Layer::no_skip, Layer::no_skip},
                     {5, 6, true, Activation::relu, 0.0, Layer::no_skip, 1},
                     {6, 6, true, Activation::relu, 0.0, 1, Layer::no_skip},
                     {6, 2, true, Activation::identity, 0.0, Layer::no_skip, Layer::no_skip}});
  const std::vector<double> theta = gaussian_numbers(model.parameter_count(), 5);
  // By hand: the joined units in reverse order, and those of node 2 as well.
  std::vector<double> other = theta;
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    const bool rows = l + 1 < model.depth();
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const std::int64_t from = rows ? layer.outputs - 1 - o : o;
      for (std::int64_t i = 0; i < layer.inputs; ++i) {
        const std::int64_t column = l > 0 ? layer.inputs - 1 - i : i;
        other[static_cast<std::size_t>(model.weight_offset(l) + o * layer.inputs + i)] =
            theta[static_cast<std::size_t>(model.weight_offset(l) + from * layer.inputs + column)];
      }
      other[static_cast<std::size_t>(model.bias_offset(l) + o)] =
          theta[static_cast<std::size_t>(model.bias_offset(l) + from)];
    }
  }
  EXPECT_EQ(align(model, theta, other).theta, theta);

  // A skip from the inputs leaves nothing to rename.
  const Model tied = mlp("4-4-4-2", Activation::relu, 0.0, true, true);
  const std::vector<double> a = gaussian_numbers(tied.parameter_count(), 6);
  const std::vector<double> b = gaussian_numbers(tied.parameter_count(), 7);
  EXPECT_EQ(align(tied, a, b).theta, b);
  EXPECT_EQ(align(tied, a, b).units, 0);
}

}  // namespace
}  // namespace convexscan
