// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/underflow.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "random_networks.hpp"

namespace convexscan {
namespace {

TEST(UnderflowBound, IsFarBelowRoundingInDeepNetworks) {
  std::string widths = "20";
  for (int l = 0; l < 12; ++l) widths += "-50";
  for (const bool residual : {false, true}) {
    const Objective objective = random_objective({.widths = widths + "-3", .residual = residual});
    // Weights as they start out, 1/√width, and a step as long.
    const auto numbers = [&](std::uint64_t seed) {
      std::vector<double> w = random_numbers(objective.parameter_count(), seed);
      for (double& x : w) x /= std::sqrt(50.0);
      return w;
    };
    const Slice slice{numbers(1), {numbers(2)}};
    const shared::UnderflowBound bound(*objective.network(), slice);
    const double one = 1.0;
    EXPECT_GT(bound.at(&one), 0.0);
    // Behind more layers than these the rounding errors themselves are bounded by nothing useful.
    EXPECT_LT(bound.at(&one), 1e-60);
    EXPECT_EQ(bound.along(&one, 9.0), 100.0 * bound.at(&one));
  }
}

TEST(UnderflowBound, GrowsWithTheWeightsThatComeAfter) {
  const auto at = [](const char* widths, double scale) {
    const Objective objective = random_objective({.widths = widths});
    Slice slice{random_numbers(objective.parameter_count(), 1), {}};
    for (double& w : slice.origin) w *= scale;
    return shared::UnderflowBound(*objective.network(), slice).at(nullptr);
  };
  // Two layers, each to the fourth power: 2²⁰ makes 2¹⁶⁰ where 1 is little beside the norms.
  const double ratio = std::log2(at("3-5-2", 0x1p40) / at("3-5-2", 0x1p20));
  EXPECT_NEAR(ratio, 160.0, 1e-3);
  EXPECT_EQ(at("3-5-2", 1e200), INFINITY);
  EXPECT_EQ(at("3-2", 1e200), at("3-2", 1.0));
}

TEST(UnderflowBound, GrowsWithTheSlopesOfActivationsAndWithWhatDropoutMagnifies) {
  const auto at = [](double alpha, double dropout) {
    const Objective random = random_objective(
        {.layers = {{3, 5, true, Activation::leaky_relu, alpha, Layer::no_skip, Layer::no_skip},
                    {5, 2, true, Activation::identity, 0.0, Layer::no_skip, Layer::no_skip}}});
    NetworkTask task = *random.network();
    task.model = with_dropout(task.model, dropout, 1);
    const Slice slice{random_numbers(random.parameter_count(), 1), {}};
    return shared::UnderflowBound(task, slice).at(nullptr);
  };
  // One hidden layer, to the fourth power.
  EXPECT_EQ(at(0x1p10, 0.0), 0x1p40 * at(1.0, 0.0));
  EXPECT_EQ(at(0.01, 0.0), at(1.0, 0.0));
  EXPECT_EQ(at(1.0, 0.75), 0x1p8 * at(1.0, 0.0));
}

TEST(UnderflowBound, CoversWhatAnActivationMagnifies) {
  // f = (v·elu(w) − y)², elu(w) = α(e^w − 1) = −1: with w = −1e-250, v = 1e-290, y = 1e-38 and
  // α = 1e250, ∂²f/∂w² = 2(vα)² + 2(−v − y)vα = 2e-80 − 2e-78, whose v alone, squared or times y,
  // underflows.
  Dataset data;
  data.samples = data.features = data.target_width = 1;
  data.inputs = {1.0};
  data.targets = {1e-38};
  const Model model({{1, 1, false, Activation::elu, 1e250, Layer::no_skip, Layer::no_skip},
                     {1, 1, false, Activation::identity, 0.0, Layer::no_skip, Layer::no_skip}});
  const NetworkTask task = network_task(model, data, Loss::mse, std::nullopt);
  const shared::UnderflowBound bound(task, Slice{{-1e-250, 1e-290}, {}});
  EXPECT_GT(bound.at(nullptr), 2e-78);
}

}  // namespace
}  // namespace convexscan
