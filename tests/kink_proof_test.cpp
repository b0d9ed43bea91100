// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>

#include "kink_problems.hpp"
#include "network_shapes.hpp"
#include "random_objective.hpp"

/// A drop that is not proved is none: what rounding, underflow, other units and penalties can hide.
namespace convexscan {
namespace {

/// A network of one unit per layer without biases, and its one sample.
Objective narrow(const char* widths, Activation activation, double slope, Loss loss,
                 const std::vector<double>& inputs, double target) {
  Objective objective = random_objective(mlp(widths, activation, slope, false, false), 1, loss, 1);
  NetworkTask& task = std::get<NetworkTask>(objective.task);
  task.inputs = inputs;
  if (loss != Loss::output) task.targets = {target};
  return objective;
}

TEST(KinkProof, IsZeroWhereAUnitThatWasNotSeenToFlipTakesADropBack) {
  // σ(σ(t)·(t − 3/4)), leaky, is t(t − 3/4)/100 up to 3/4 and t(t − 3/4) behind: its second unit
  // changes sign at 0, where the first has a kink, and again, so that the points' signs are equal.
  Objective objective = narrow("1-1-1-1", Activation::leaky_relu, 0.01, Loss::output, {1.0}, 0.0);
  for (const double root : {0.75, 0.05}) {
    const Slice slice{{0.0, -root, 1.0}, {{1.0, 1.0, 0.0}}};
    for (const std::int64_t count : {2, 3, 11, 41}) {
      EXPECT_EQ(sum(mass_of(objective, slice, {-1, 1, count})), 0.0) << root << " " << count;
    }
  }
}

TEST(KinkProof, IsZeroWhereThreeLayersVanishAtOnceAndAllIsFlat) {
  // At the root of all three, which t = −0.0395 is next to, the loss is as flat as t⁴.
  const Objective objective = narrow("1-1-1-1-1", Activation::elu, 3.0, Loss::mse,
                                     {-1.4301615306483746}, 0.26067967956348664);
  std::vector<double> origin{0.9197244334458249, 0.09913875346478514, -0.25539025431272494,
                             0.3968397022892926};
  const std::vector<double> towards{0.13138920477797497, 0.014162679066397876, -0.03648432204467499,
                                    0.056691386041327514};
  for (std::size_t i = 0; i < origin.size(); ++i) origin[i] -= 7.0 * towards[i];
  const Slice slice{
      origin, {{0.8957765403154039, -1.5556994260740178, 0.13913382083926878, 1.7458251086249283}}};
  for (const double begin : {-0.039489117406508296, -0.04, -1.0}) {
    EXPECT_EQ(sum(mass_of(objective, slice, {begin, 0, 2})), 0.0) << begin;
  }
}

TEST(KinkProof, IsZeroWhereRoundingHidesTheSignOfAJump) {
  // v(t)·relu(z(t)), z the sum of terms of 10⁷ that cancel: v is 0 where z is, but for rounding.
  const Objective objective =
      narrow("3-1-1", Activation::relu, 0.0, Loss::output,
             {-0.07204367972722743, -0.9447516230607774, -0.09826996785221727}, 0.0);
  const Slice slice{
      {954830.2746945433, 355862.37055485713, -4121208.6207350227, -1.1599794575714735e-18},
      {{0.0, 0.0, -10.176048917649432, 1e-06}}};
  EXPECT_EQ(sum(mass_of(objective, slice, {-0.6, 0.4, 2})), 0.0);
}

TEST(KinkProof, IsNotWhatALossBendsDownwardsBesideAKinkThatDoesNotDrop) {
  // The slope falls all along the way, by the penalty; at the kink it does not, but for rounding.
  Objective objective =
      narrow("3-1-1", Activation::relu, 0.0, Loss::output,
             {-0.07204367972722743, -0.9447516230607774, -0.09826996785221727}, 0.0);
  const Slice slice{
      {954830.2746945433, 355862.37055485713, -4121208.6207350227, -1.1599794575714735e-18},
      {{0.0, 0.0, -10.176048917649432, 1e-06}}};
  objective.penalty.centre = slice.origin;
  objective.penalty.centre[2] += 1e6;
  objective.penalty.centre[3] -= 1e-6;
  for (const char* strength : {"1", "1e3", "1e6"}) {
    objective.penalty.terms = {parse_penalty(std::string("lp=0.5,") + strength)};
    EXPECT_EQ(sum(mass_of(objective, slice, {-0.6, 0.4, 2})), 0.0) << strength;
  }
}

TEST(KinkProof, IsNotProvedByADropBehindTheWay) {
  // A kink whose sign rounding hides a little before the second point, and a true drop behind it.
  constexpr double drop = 5e-6;
  const std::vector<double> inputs{-0.07204367972722743, -0.9447516230607774, -0.09826996785221727};
  const Objective objective = narrow("3-2-1", Activation::relu, 0.0, Loss::output, inputs, 0.0);
  const Slice slice{{8.0 * 954830.2746945433, 8.0 * 355862.37055485713, 8.0 * -4121208.6207350227,
                     -drop / inputs[0], 0.0, 0.0, -1.1599794575714735e-18, -1.0},
                    {{0.0, 0.0, -10.176048917649432, 1.0 / inputs[0], 0.0, 0.0, 1e-06, 0.0}}};
  const double next = 5e-9 + 0x1p-19;
  EXPECT_EQ(mass_of(objective, slice, {next - 1.0, next, 2})[0], 0.0);
  EXPECT_NEAR(mass_of(objective, slice, {next - 1.0, next + 1.0, 3})[1], -1.0, 1e-9);
}

TEST(KinkProof, IsZeroWhereUnderflowDecidesWhatASlopeIs) {
  // f = 10³⁰⁰(2·relu(0.4 z) − relu(0.6 z)) is convex; z moves by the smallest number there is, of
  // which 0.4 are none and 0.6 are one.
  const Objective objective = narrow("1-3-1", Activation::relu, 0.0, Loss::output, {0x1p-540}, 0.0);
  const double least = 0x1p-534;
  const Slice slice{{0.0, 0.0, 0.0, 1e300, 1e300, -1e300},
                    {{0.4 * least, 0.4 * least, 0.6 * least, 0.0, 0.0, 0.0}}};
  EXPECT_EQ(sum(mass_of(objective, slice, {-10, 10, 4})), 0.0);
  // Terms that sum to 0 and are computed as 3·2⁻¹⁰⁷⁴: the first sample's unit is on its kink at 0,
  // where its slope rises by more than the second's drops.
  constexpr double small = 0x1p-537;
  std::vector<double> inputs(20, 0.0);
  inputs[0] = 5e-123;
  std::fill_n(inputs.begin() + 1, 9, small);
  inputs[10] = 1e-100;
  Objective sums =
      random_objective(mlp("10-1-1", Activation::relu, 0.0, false, false), 2, Loss::mse, 1);
  NetworkTask& task = std::get<NetworkTask>(sums.task);
  task.inputs = inputs;
  task.targets = {-1.0, 1e-24};
  Slice along{std::vector<double>(11, -0.375 * small), {std::vector<double>(11, 0.0)}};
  along.origin[0] = 0.0;
  along.origin[1] = 3.0 * small;
  along.origin[10] = 1.0;
  along.directions[0][0] = 1.0;
  EXPECT_EQ(sum(mass_of(sums, along, {-1e-200, 2e-200, 2})), 0.0);
}

TEST(KinkProof, PassesOverADropThatThePenaltyBendsUpAcross) {
  // (2 − relu(t))² drops by 4; 10¹⁴·t² rises by more within the 10⁻¹¹ that it is looked at from.
  Objective objective = chain(1, {2.0});
  const auto with = [&](const char* penalty) {
    objective.penalty.terms = {parse_penalty(penalty)};
    return sum(mass_of(objective, first_weight(objective), {-1, 1, 4}));
  };
  EXPECT_EQ(with("l2=1e14"), 0.0);
  EXPECT_EQ(with("l2=1e6"), -4.0);
  objective.penalty.centre = {1e3, 0.0};
  EXPECT_EQ(with("l2=1e6"), -4.0);
}

}  // namespace
}  // namespace convexscan
