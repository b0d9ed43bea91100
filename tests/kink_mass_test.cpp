// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "convexscan/error.hpp"
#include "kink_problems.hpp"
#include "naive_network.hpp"
#include "network_shapes.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

using naive::Quad;

TEST(KinkMass, IsTheDropOfTheSlopeKnownByHand) {
  // (2 − relu(t))²: slope 0 before t = 0 and −4 behind it.
  const Objective objective = chain(1, {2.0});
  EXPECT_EQ(mass_of(objective, first_weight(objective), {-1, 1, 4}),
            (std::vector<double>{0, -4, 0, 0}));
  // (−2 − relu(t))²: the slope rises to 4.
  const Objective rising = chain(1, {-2.0});
  EXPECT_EQ(sum(mass_of(rising, first_weight(rising), {-1, 1, 4})), 0.0);
}

TEST(KinkMass, OfAKinkOnAGridPointIsCountedOnce) {
  const Objective objective = chain(1, {2.0});
  EXPECT_EQ(mass_of(objective, first_weight(objective), {-1, 1, 5}),
            (std::vector<double>{0, 0, -4, 0, 0}));
  EXPECT_EQ(sum(mass_of(objective, first_weight(objective, -1.0), {-1, 1, 5})), -4.0);
}

TEST(KinkMass, OfAllThatMeetsOnAGridPointIsAddedWhicheverWayItFlips) {
  // ((relu(t) − 1)² + (relu(−t) + 2)²)/2: its slope is −2 on the left of 0 and −1 on the right.
  Objective objective = chain(1, {1.0, -2.0});
  std::get<NetworkTask>(objective.task).inputs = {1.0, -1.0};
  for (const Axis& x : {Axis{-1, 1, 5}, Axis{-0.5, 0.5, 2}, Axis{-1, 0, 3}, Axis{0, 1, 3}}) {
    EXPECT_EQ(sum(mass_of(objective, first_weight(objective), x)), 0.0) << x.minimum;
  }
  // The other way round it drops, once.
  Objective opposite = chain(1, {-1.0, 2.0});
  std::get<NetworkTask>(opposite.task).inputs = {1.0, -1.0};
  EXPECT_EQ(mass_of(opposite, first_weight(opposite), {-1, 1, 5}),
            (std::vector<double>{0, 0, -1, 0, 0}));
  // On the last point of a grid nothing begins.
  EXPECT_EQ(sum(mass_of(opposite, first_weight(opposite), {-1, 0, 3})), 0.0);
  // (1 − relu(t))² drops by 2 and the penalty rises by 4.
  Objective penalised = chain(1, {1.0});
  penalised.penalty.terms = {parse_penalty("l1=2")};
  for (const double sign : {1.0, -1.0}) {
    for (const Axis& x : {Axis{-1, 1, 5}, Axis{-1, 0, 2}, Axis{0, 1, 2}}) {
      EXPECT_EQ(sum(mass_of(penalised, first_weight(penalised, sign), x)), 0.0);
    }
  }
}

TEST(KinkMass, AddsUpWhatJumpsAtOnePlace) {
  // The samples' slopes jump by −4 and 4: the mean, 4 + relu(t)², is convex.
  const Objective opposite = chain(1, {2.0, -2.0});
  EXPECT_EQ(sum(mass_of(opposite, first_weight(opposite), {-1, 1, 4})), 0.0);
  const Objective unequal = chain(1, {2.0, -1.0});
  EXPECT_EQ(sum(mass_of(unequal, first_weight(unequal), {-1, 1, 4})), -1.0);
  // relu(relu(relu(t))) has one kink, at which all three units change sign.
  const Objective deep = chain(3, {2.0});
  EXPECT_EQ(sum(mass_of(deep, first_weight(deep), {-1, 1, 4})), -4.0);
  EXPECT_EQ(sum(mass_of(deep, first_weight(deep, 0.3), {-1.1, 0.7, 5})), -4.0 * 0.3);
}

TEST(KinkMass, IsMendedByAKinkOfThePenaltyAndNotByASmoothOne) {
  Objective objective = chain(1, {2.0});
  const auto with = [&](const char* penalty) {
    objective.penalty.terms = {parse_penalty(penalty)};
    return sum(mass_of(objective, first_weight(objective), {-1, 1, 4}));
  };
  EXPECT_EQ(with("l2=100"), -4.0);
  EXPECT_EQ(with("l1=1"), -2.0);
  EXPECT_EQ(with("l1=3"), 0.0);
  EXPECT_EQ(with("lp=0.5,0.01"), 0.0);  // infinitely sharp at 0; what it bends, λ_min sees
  objective.penalty.centre = {0.5, 0.0};
  EXPECT_EQ(with("l1=1"), -4.0);  // the penalty's kink is elsewhere
}

TEST(KinkMass, OfTheFirstLayerIsAsTheOutputWeightsSign) {
  // Σ_k v_k·relu(w_k·x + b_k) is convex in (w, b) when v ≥ 0; with v ≤ 0 every kink drops.
  for (const double sign : {1.0, -1.0}) {
    const Objective objective =
        random_objective(mlp("3-6-1", Activation::relu, 0.0, true, false), 40, Loss::output, 3, 0);
    const Model& model = objective.network()->model;
    Slice slice = random_slice(objective.parameter_count(), 2, 5);
    for (std::int64_t i = model.weight_offset(1); i < objective.parameter_count(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      slice.origin[k] = sign * std::fabs(slice.origin[k]);
      slice.directions[0][k] = slice.directions[1][k] = 0.0;
    }
    const std::vector<double> mass = mass_of(objective, slice, {-2, 2, 9}, Axis{-2, 2, 8});
    if (sign > 0.0) {
      EXPECT_EQ(sum(mass), 0.0);
    } else {
      EXPECT_LT(sum(mass), -1.0);
      EXPECT_EQ(mass.back(), 0.0);  // the last corner has no neighbours
    }
  }
}

/// Pre-activations of a sample on a line, in quadruple precision.
std::vector<std::vector<Quad>> pre_activations(const Objective& objective, const Slice& slice,
                                               std::int64_t sample, Quad t) {
  const NetworkTask& task = *objective.network();
  const auto weight = [&](std::int64_t i) {
    const auto k = static_cast<std::size_t>(i);
    return Quad(slice.origin[k]) + t * Quad(slice.directions[0][k]);
  };
  const auto width = static_cast<std::size_t>(task.model.inputs());
  const auto input = task.inputs.begin() + sample * task.model.inputs();
  std::vector<std::vector<Quad>> nodes{{input, input + static_cast<std::ptrdiff_t>(width)}};
  std::vector<std::vector<Quad>> found;
  for (int l = 0; l < task.model.depth(); ++l) {
    const Layer& layer = task.model.layers()[static_cast<std::size_t>(l)];
    std::vector<Quad> z, a;
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const auto unit = static_cast<std::size_t>(o);
      Quad value = layer.bias ? weight(task.model.bias_offset(l) + o) : Quad(0);
      for (std::int64_t i = 0; i < layer.inputs; ++i) {
        value += weight(task.model.weight_offset(l) + o * layer.inputs + i) *
                 nodes.back()[static_cast<std::size_t>(i)];
      }
      if (layer.skip_before != Layer::no_skip) {
        value += nodes[static_cast<std::size_t>(layer.skip_before)][unit];
      }
      z.push_back(value);
      Quad out = naive::activation(layer.activation, value, Quad(layer.slope));
      if (layer.skip_after != Layer::no_skip)
        out += nodes[static_cast<std::size_t>(layer.skip_after)][unit];
      a.push_back(out);
    }
    found.push_back(z);
    nodes.push_back(a);
  }
  return found;
}

/// The jump of df/dt from t − gap to t + gap, by one-sided differences of second order.
Quad slope_jump(const Objective& objective, const Slice& slice, Quad t, Quad gap = 0) {
  const Quad h = 1e-10;
  const auto f = [&](Quad at) {
    return naive::value_at<Quad>(objective, slice, std::span<const Quad>(&at, 1));
  };
  const auto slope = [&](Quad from, Quad step) {
    return (-3 * f(from) + 4 * f(from + step) - f(from + 2 * step)) / (2 * step);
  };
  return slope(t + gap, h) - slope(t - gap, -h);
}

TEST(KinkMass, AgreesWithOneSidedSlopesOfRandomNetworks) {
  int kinks = 0, deep_kinks = 0, together = 0, drops = 0;
  for (const Activation activation : {Activation::relu, Activation::leaky_relu, Activation::elu}) {
    for (const NetworkShape shape :
         {NetworkShape::plain, NetworkShape::residual, NetworkShape::no_bias}) {
      for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::huber}) {
        const Model plain = network_of(activation, shape);
        std::vector<Layer> layers(plain.layers().begin(), plain.layers().end());
        for (Layer& layer : layers) {
          if (layer.activation == Activation::elu) layer.slope = 0.4;
        }
        const Objective objective = random_objective(Model(layers), 5, loss, 7);
        const Slice slice = random_slice(objective.parameter_count(), 1, 11);
        const Axis t{-2, 2, 41};
        const std::vector<double> found = mass_of(objective, slice, t);
        for (std::int64_t i = 0; i + 1 < t.count; ++i) {
          std::vector<Quad> places;  // where units change sign, by halving
          for (std::int64_t s = 0; s < 5; ++s) {
            const auto from = pre_activations(objective, slice, s, t.at(i));
            const auto to = pre_activations(objective, slice, s, t.at(i + 1));
            for (std::size_t l = 0; l < layers.size(); ++l) {
              if (layers[l].activation == Activation::identity) continue;
              for (std::size_t o = 0; o < from[l].size(); ++o) {
                if ((from[l][o] > 0) == (to[l][o] > 0)) continue;
                Quad low = t.at(i), high = t.at(i + 1);
                for (int halving = 0; halving < 100; ++halving) {
                  const Quad middle = (low + high) / 2;
                  const bool beyond =
                      (pre_activations(objective, slice, s, middle)[l][o] > 0) == (to[l][o] > 0);
                  (beyond ? high : low) = middle;
                }
                places.push_back(high);
                deep_kinks += l > 0 ? 1 : 0;
              }
            }
          }
          // Without biases a unit may be switched on by the one before it, at the same place.
          std::ranges::sort(places);
          double expected = 0.0;
          for (std::size_t k = 0; k < places.size(); ++k) {
            ++kinks;
            if (k > 0 && places[k] - places[k - 1] < Quad(1e-25)) {
              ++together;
              continue;
            }
            const auto jump = static_cast<double>(slope_jump(objective, slice, places[k]));
            expected += std::min(0.0, jump);
            drops += jump < 0.0 ? 1 : 0;
          }
          // A place is known to a few roundings of the step and of z, divided by dz/dt, which is
          // above 1e-3 here; the differences are wrong by h·|f'''| and less.
          EXPECT_LE(std::fabs(found[static_cast<std::size_t>(i)] - expected), 1e-11)
              << name(activation) << " " << name(loss) << " " << static_cast<int>(shape) << " "
              << i;
        }
      }
    }
  }
  EXPECT_GT(kinks, 200);
  EXPECT_GT(deep_kinks, 100);
  EXPECT_GT(drops, 50);
  EXPECT_GT(together, 0);
}

TEST(KinkMass, OfManyUnitsThatVanishTogetherIsTheJumpOfTheWholeSlope) {
  // All weights of the first layer vanish at t = 3, up to the rounding of a third: every unit of
  // every sample has its kink there, and the units behind leave zero to whichever side they do.
  int drops = 0, rises = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Activation activation = seed % 2 == 0 ? Activation::relu : Activation::leaky_relu;
    const char* widths = seed % 3 == 0 ? "2-3-1" : seed % 3 == 1 ? "2-3-3-1" : "2-4-3-3-2";
    const Objective objective = random_objective(mlp(widths, activation, 0.1, false, false), 4,
                                                 seed % 3 == 2 ? Loss::huber : Loss::mse, seed);
    const Model& model = objective.network()->model;
    Slice slice = random_slice(objective.parameter_count(), 1, seed + 1);
    for (std::size_t i = 0; i < slice.origin.size(); ++i) {
      const bool first = static_cast<std::int64_t>(i) < model.weight_offset(1);
      slice.directions[0][i] = first ? slice.origin[i] / -3.0 : 0.0;
    }
    const auto jump = static_cast<double>(slope_jump(objective, slice, 3, 1e-13));
    // The difference is wrong by the gap and the step squared, times derivatives.
    if (std::fabs(jump) < 1e-9) continue;
    (jump < 0.0 ? drops : rises) += 1;
    for (const Axis& t : {Axis{2, 4, 3}, Axis{3, 4, 2}, Axis{2, 4.5, 4}, Axis{2.999, 3.001, 3}}) {
      EXPECT_NEAR(sum(mass_of(objective, slice, t)), std::min(0.0, jump), 1e-10)
          << seed << " " << t.minimum << " " << t.maximum;
    }
    // Where the points are too near to each other to say where a kink is, nothing is claimed.
    for (const double step : {1e-9, 1e-12, 1e-15}) {
      const double mass = sum(mass_of(objective, slice, {3 - step, 3 + step, 3}));
      EXPECT_TRUE(mass == 0.0 || std::fabs(mass - jump) <= 1e-10) << seed << " " << step;
    }
  }
  EXPECT_GT(drops, 10);
  EXPECT_GT(rises, 10);
}

TEST(KinkMass, DoesNotDependOnTheTileOrThePrecision) {
  const Objective objective = random_objective(mlp("3-6-5-2", Activation::relu, 0.0, true, false),
                                               90, Loss::cross_entropy, 3);
  const Slice slice = random_slice(objective.parameter_count(), 2, 5);
  const Axis x{-1, 1, 6}, y{-1, 1, 5};
  EvaluationOptions options;
  options.grid = {x, y};
  const Points points = grid(x, y);
  const std::vector<double> whole = mass_of(objective, slice, x, y);
  EXPECT_LT(sum(whole), 0.0);
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    const auto backend = make_backend("cpu", objective, precision);
    const auto evaluator =
        backend->evaluator(slice, {Quantity::loss, Quantity::kink_mass}, options);
    for (std::int64_t p = 0; p < points.count(); ++p) {
      const ValueTable one = evaluator->evaluate(
          std::span(points.coordinates).subspan(2 * static_cast<std::size_t>(p), 2), 1);
      EXPECT_EQ(one.at(Quantity::kink_mass).data[0], whole[static_cast<std::size_t>(p)]) << p;
      EXPECT_EQ(one.at(Quantity::loss).data.size(), 1u);
    }
  }
}

TEST(KinkMass, IsZeroForSmoothNetworksAndRefusedWhereThereIsNoneToFind) {
  const Objective smooth =
      random_objective(mlp("3-6-2", Activation::tanh, 0.0, true, false), 20, Loss::mse, 3);
  const Slice slice = random_slice(smooth.parameter_count(), 1, 5);
  EXPECT_EQ(sum(mass_of(smooth, slice, {-3, 3, 7})), 0.0);
  const auto backend = make_backend("cpu", smooth, Precision::float64);
  EXPECT_THROW(backend->evaluator(slice, {Quantity::kink_mass}), UsageError);
  Objective function{landscape("relu"), {}, {}, "all"};
  function.subset = parameter_subset(function, "all");
  EXPECT_THROW(mass_of(function, {{0.0}, {{1.0}}}, {-1, 1, 3}), UsageError);
}

TEST(KinkMass, OfADroppedUnitIsNoneAndOfAKeptOneIsScaled) {
  // One unit that is dropped for some samples: f = mean of (2 − m_s·relu(t))², m_s 0 or 2.
  const std::vector<double> targets(64, 2.0);
  Objective objective = chain(1, targets);
  NetworkTask& task = std::get<NetworkTask>(objective.task);
  task.model = with_dropout(task.model, 0.5, 3);
  std::vector<double> theta{1.0, 1.0};
  std::vector<double> gradient(2);
  // Where the unit is on, df/dt at t = 1 is the mean of 2(2 − 2)·2 and of 0; at 0.5 of −2·1·2.
  theta[0] = 0.5;
  make_backend("cpu", objective, Precision::float64)->gradient(theta, gradient);
  const double kept = gradient[0] / -4.0;
  EXPECT_GT(kept, 0.2);
  EXPECT_LT(kept, 0.8);
  EXPECT_NEAR(sum(mass_of(objective, first_weight(objective), {-1, 1, 4})), -8.0 * kept, 1e-14);
}

TEST(KinkMass, IsNaNBesideAPointThatIsNotFinite) {
  const Objective objective = chain(2, {2.0});
  Slice slice = first_weight(objective, 1e200);
  slice.directions[0][1] = 1e200;  // the second weight too: their product overflows
  const std::vector<double> mass = mass_of(objective, slice, {0, 2, 3});
  EXPECT_TRUE(std::isnan(mass[0]));
  EXPECT_TRUE(std::isnan(mass[1]));
}

}  // namespace
}  // namespace convexscan
