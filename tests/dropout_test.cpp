// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/dropout.hpp"
#include "loss_at.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "convexscan/alignment.hpp"
#include "convexscan/backend.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/segments.hpp"
#include "naive_dropout.hpp"
#include "random_objective.hpp"

/// What a mask is; that every quantity has it in it is shown beside the other networks, by the
/// independent witnesses.
namespace convexscan {
namespace {

constexpr std::array<Loss, 2> losses{Loss::cross_entropy, Loss::mse};

/// The first numbers of the reference implementation (S. Vigna, splitmix64.c) for seed 1234567.
TEST(Dropout, HasTheNumbersOfSplitMix64) {
  constexpr std::array<std::uint64_t, 5> published{6457827717110365317u, 3203168211198807973u,
                                                   9817491932198370423u, 4593380528125082431u,
                                                   16408922859458223821u};
  for (std::size_t i = 0; i < published.size(); ++i) {
    EXPECT_EQ(shared::splitmix(1234567, i), published[i]);
    EXPECT_EQ(naive::SplitMix64(1234567).number(static_cast<std::int64_t>(i)), published[i]);
  }
}

/// Kept ones are binomial: √(n·P(1 − P)) is the deviation of their number and five of them are
/// allowed; the same for pairs of neighbours, all of which are kept with (1 − P)².
TEST(Dropout, KeepsTheFractionAndNeighboursIndependently) {
  constexpr std::int64_t units = 100;
  constexpr std::int64_t samples = 2000;
  for (const double rate : {0.1, 0.5, 0.9}) {
    const Model model = with_dropout(Model({{1, units}, {units, units}, {units, 1}}), rate, 1);
    std::array<double, 4> kept{};  // alone, and beside the next unit, sample and layer
    for (std::int64_t u = 0; u + 1 < units; ++u) {
      for (std::int64_t s = 0; s + 1 < samples; ++s) {
        const auto keeps = [&](int l, std::int64_t unit, std::int64_t sample) {
          return shared::mask_of<double>(model, l).row(unit).at(sample) != 0.0;
        };
        if (!keeps(0, u, s)) continue;
        kept[0] += 1;
        kept[1] += keeps(0, u + 1, s) ? 1 : 0;
        kept[2] += keeps(0, u, s + 1) ? 1 : 0;
        kept[3] += keeps(1, u, s) ? 1 : 0;
      }
    }
    const double trials = static_cast<double>((units - 1) * (samples - 1));
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const double p = std::pow(1.0 - rate, i == 0 ? 1.0 : 2.0);
      // Neighbouring pairs share a member, which can at most treble their number's variance.
      const double deviation = std::sqrt((i == 0 ? 1.0 : 3.0) * trials * p * (1.0 - p));
      EXPECT_LE(std::fabs(kept[i] - trials * p), 5.0 * deviation) << rate << ", " << i;
    }
  }
}

/// y = m·1·1·1 with m = 0 or 1/(1 − ¼) = 4/3: the mean output is 4/3 of the fraction kept.
TEST(Dropout, ScalesWhatItKeeps) {
  constexpr std::int64_t samples = 300;
  const Model model = with_dropout(Model({{1, 1, false}, {1, 1, false}}), 0.25, 6);
  Dataset data = random_dataset(samples, 1, 1, Loss::mse, 1);
  data.inputs.assign(samples, 1.0);
  Objective objective{network_task(model, data, Loss::mse, 0), {}, {}, "all"};
  objective.subset = parameter_subset(objective, "all");
  int kept = 0;
  for (std::int64_t s = 0; s < samples; ++s)
    kept += naive::mask<double>(model, 0, 0, s) > 0 ? 1 : 0;
  EXPECT_GT(kept, 190);  // 225 less five deviations of √(300·¼·¾) = 7.5
  EXPECT_LT(kept, 260);
  // 300 sums of numbers below 2: 300·ε.
  EXPECT_NEAR(loss_at(objective, {1.0, 1.0}), 4.0 / 3.0 * kept / samples, 1e-13);
  // No mask stands behind the last layer.
  EXPECT_NEAR(loss_at(objective, {1.0, 3.0}), 4.0 * kept / samples, 1e-13);
}

TEST(Dropout, OfZeroIsNone) {
  const Model model = mlp("3-5-4-2", Activation::tanh, 0.0, true, true);
  EXPECT_EQ(with_dropout(model, 0.0, 3).description(), model.description());
  for (const Loss loss : losses) {
    const Objective plain = random_objective(model, 67, loss, 3);
    const Objective zero = random_objective(with_dropout(model, 0.0, 3), 67, loss, 3);
    const std::vector<double> theta = gaussian_numbers(plain.parameter_count(), 4);
    EXPECT_EQ(loss_at(plain, theta), loss_at(zero, theta));
  }
}

TEST(Dropout, DiffersWithTheSeedAndSaysSo) {
  const Model model = mlp("3-8-8-2", Activation::tanh, 0.0, true, false);
  const Model first = with_dropout(model, 0.5, 1);
  const Model other = with_dropout(model, 0.5, 2);
  EXPECT_EQ(first.description(), "3-8-8-2 tanh dropout 0.5 seed 1");
  EXPECT_NE(first.description(), other.description());
  for (const Loss loss : losses) {
    const Objective a = random_objective(first, 40, loss, 3);
    const Objective b = random_objective(other, 40, loss, 3);
    const std::vector<double> theta = gaussian_numbers(a.parameter_count(), 4);
    EXPECT_NE(loss_at(a, theta), loss_at(b, theta));
    EXPECT_EQ(loss_at(a, theta), loss_at(random_objective(first, 40, loss, 3), theta));
  }
}

/// Outputs of the witness, sample by sample, against sums over more and more samples: across tiles
/// of 64 and blocks of 512, each sample keeps its mask.
TEST(Dropout, OfASampleDoesNotDependOnTheOthers) {
  const Model model = with_dropout(Model({{1, 1, false}, {1, 1, false}}), 0.5, 1);
  Dataset data = random_dataset(1200, 1, 1, Loss::mse, 5);
  data.inputs.assign(data.inputs.size(), 1.0);
  double sum = 0.0;
  std::int64_t done = 0;
  for (const std::int64_t samples : {1, 63, 64, 65, 200, 511, 512, 513, 1200}) {
    for (; done < samples; ++done) sum += naive::mask<double>(model, 0, 0, done);
    const Objective objective{
        network_task(model, data.first(samples), Loss::mse, 0), {}, {0, 1}, "all"};
    // Whole numbers, but for the division.
    EXPECT_DOUBLE_EQ(loss_at(objective, {1.0, 1.0}), sum / static_cast<double>(samples));
  }
}

TEST(Dropout, LeavesRescaledTwinsAndNoPermutedOnes) {
  const Model model = with_dropout(mlp("3-6-2", Activation::relu, 0.0, true, false), 0.5, 1);
  const Objective objective = random_objective(model, 50, Loss::mse, 2);
  const std::vector<double> theta = gaussian_numbers(objective.parameter_count(), 4);
  EXPECT_EQ(loss_at(objective, theta),
            loss_at(objective, twin(model, theta, Symmetry::rescale, 1).theta));
  EXPECT_THROW(twin(model, theta, Symmetry::permute, 1), UsageError);
  EXPECT_EQ(align(model, gaussian_numbers(objective.parameter_count(), 5), theta).theta, theta);
}

TEST(Dropout, ExplainsWhatIsWrong) {
  const Model model = mlp("3-6-2", Activation::relu, 0.0, true, false);
  for (const double rate : {-0.1, 1.0, 2.0, std::nan("")}) {
    EXPECT_THROW(with_dropout(model, rate, 1), UsageError) << rate;
  }
  EXPECT_THROW(with_dropout(mlp("3-2", Activation::relu, 0.0, true, false), 0.5, 1), UsageError);
  std::vector<Layer> layers(model.layers().begin(), model.layers().end());
  layers[0].dropout = 1.0;
  EXPECT_THROW(Model{layers}, Error);
}

}  // namespace
}  // namespace convexscan
