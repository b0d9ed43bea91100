// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/moved_tail.hpp"
#include "comparison.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "convexscan/backend.hpp"
#include "convexscan/rounding_bound.hpp"
#include "convexscan/segments.hpp"
#include "cpu/quadratic_loss.hpp"
#include "naive_network.hpp"
#include "plane_behind.hpp"
#include "random_networks.hpp"
#include "shared/moved_layers.hpp"

/// Structure that makes points cheaper: results stay within the rounding bound of the exact ones.
namespace convexscan {
namespace {

using naive::Quad;

/// A plane that moves the layers from `first` on alone.
Slice plane_behind(const Objective& objective, int first) {
  Slice slice = random_slice(objective, 2);
  for (std::vector<double>& direction : slice.directions) {
    std::fill_n(direction.begin(), objective.network()->model.weight_offset(first), 0.0);
  }
  return slice;
}

ValueTable values_of(const Objective& objective, Precision precision, const Slice& slice,
                     const Points& points, const QuantitySet& quantities) {
  return make_backend("cpu", objective, precision)
      ->evaluator(slice, quantities)
      ->evaluate(points.coordinates, points.count());
}

/// The loss against 113 bits, within rounding_bound; second derivatives against differences of it
/// (see tests/network_values_test.cpp for their error).
void expect_exact(const Objective& objective, const Slice& slice, const Points& points) {
  SCOPED_TRACE(objective.description());
  for (const Precision precision : both_precisions) {
    const ValueTable found =
        values_of(objective, precision, slice, points, {Quantity::loss, Quantity::plane_hessian});
    const double bound = rounding_bound(objective, slice, points, precision);
    const double unit = precision == Precision::float64 ? 0x1p-52 : 0x1p-23;
    for (std::size_t p = 0; p < static_cast<std::size_t>(points.count()); ++p) {
      const Quad x = points.coordinates[2 * p];
      const Quad y = points.coordinates[2 * p + 1];
      const auto f = [&](const Quad& dx, const Quad& dy) {
        const std::array<Quad, 2> at{x + dx, y + dy};
        return naive::value_at<Quad>(objective, slice, at);
      };
      EXPECT_LE(static_cast<double>(abs(Quad(found.at(Quantity::loss).data[p]) - f(0, 0))), bound);
      const Quad h = 1e-8;
      const std::array<double, 3> expected{
          static_cast<double>((f(h, 0) - 2 * f(0, 0) + f(-h, 0)) / (h * h)),
          static_cast<double>((f(h, h) - f(h, -h) - f(-h, h) + f(-h, -h)) / (4 * h * h)),
          static_cast<double>((f(0, h) - 2 * f(0, 0) + f(0, -h)) / (h * h))};
      for (std::size_t c = 0; c < 3; ++c) {
        // As there: a thousand roundings, and h² = 1e-16 times fourth derivatives below a thousand.
        const double found_c = found.at(Quantity::plane_hessian).data[3 * p + c];
        EXPECT_LE(std::fabs(found_c - expected[c]),
                  (1e3 * unit + 1e-12) * (10.0 + std::fabs(expected[c])));
      }
    }
  }
}

TEST(MovedTail, BeginsAtTheFirstLayerThatMovesAndBehindSkips) {
  const Model plain = mlp("3-5-5-5-2", Activation::tanh, 0.0, true, false);
  const Model residual = mlp("3-5-5-5-2", Activation::tanh, 0.0, true, true);
  const auto count = static_cast<std::size_t>(plain.parameter_count());
  for (int l = 0; l < 4; ++l) {
    Slice slice{std::vector<double>(count, 1.0),
                {std::vector<double>(count, 0.0), std::vector<double>(count, 0.0)}};
    slice.directions[1].back() = 1.0;
    slice.directions[0][static_cast<std::size_t>(plain.weight_offset(l + 1)) - 1] = 1e-300;
    EXPECT_EQ(shared::unmoved_layers(plain, slice), l);
    // A skip from node 1 over layer 2, or from 2 over layer 3, comes from the tail's input.
    EXPECT_EQ(shared::unmoved_layers(residual, slice), l);
    slice.directions.clear();
    EXPECT_EQ(shared::unmoved_layers(plain, slice), 0);
  }
  std::vector<Layer> layers(plain.layers().begin(), plain.layers().end());
  layers[2].skip_before = 1;  // over the second layer
  Slice last{std::vector<double>(count, 1.0), {std::vector<double>(count, 0.0)}};
  last.directions[0].back() = 1.0;
  EXPECT_EQ(shared::unmoved_layers(Model(layers), last), 3);
  last.directions[0][static_cast<std::size_t>(plain.weight_offset(2))] = 1.0;
  EXPECT_EQ(shared::unmoved_layers(Model(layers), last), 1);
}

TEST(MovedTail, HasTheLossAndCurvatureOfTheWholeNetwork) {
  const Points points = random_points(2, 3);
  for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::huber, Loss::output}) {
    for (int first = 1; first < 4; ++first) {
      for (const bool residual : {false, true}) {
        for (const double dropout : {0.0, 0.3}) {
          const Objective objective = random_objective({.widths = "3-5-5-4-2",
                                                        .loss = loss,
                                                        .residual = residual,
                                                        .dropout = dropout,
                                                        .samples = 70});
          expect_exact(objective, plane_behind(objective, first), points);
        }
      }
    }
  }
}

TEST(MovedTail, KeepsTheFewUnitsThatMove) {
  const Model model = mlp("3-9-8-2", Activation::tanh, 0.0, true, false);
  const Objective objective = random_objective({.widths = "3-9-8-2"});
  using Units = std::vector<std::int64_t>;
  // Weights 3·u and biases from 27 on.
  EXPECT_EQ(shared::few_moved_units(model, axes_of(objective, 0, 2)), Units{0});
  EXPECT_EQ(shared::few_moved_units(model, axes_of(objective, 25, 28)), (Units{1, 8}));
  EXPECT_EQ(shared::few_moved_units(model, axes_of(objective, 29, 100)), Units{2});
  EXPECT_TRUE(shared::few_moved_units(model, random_slice(objective, 2)).empty());
  std::vector<Layer> layers(model.layers().begin(), model.layers().end());
  layers[0].dropout = 0.5;
  EXPECT_TRUE(shared::few_moved_units(Model(layers), axes_of(objective, 0, 2)).empty());
  EXPECT_TRUE(shared::few_moved_units(Model({{3, 9}, {9, 9, true, Activation::tanh, 0, 1}}),
                                      axes_of(objective, 0, 2))
                  .empty());
}

TEST(MovedTail, HasTheLossAndCurvatureAlongSingleParameters) {
  const Points points = random_points(2, 3);
  for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::output}) {
    for (const bool bias : {true, false}) {
      const Objective objective =
          random_objective({.widths = "3-9-8-2", .bias = bias, .loss = loss, .samples = 70});
      const Model& model = objective.network()->model;
      const std::int64_t second = model.weight_offset(1);
      const std::int64_t last = model.weight_offset(2);
      // In one unit, in two, in a bias (or the first weight behind it), in two layers, and behind.
      for (const auto& [i, j] : {std::pair{0L, 1L},
                                 {4L, 26L},
                                 {27L, 8L},
                                 {5L, second + 3},
                                 {second + 1, second + 12},
                                 {second + 70, last + 2}}) {
        expect_exact(objective, axes_of(objective, i, j), points);
      }
    }
  }
  Objective deep = random_objective({.widths = "4-8-8-8-8-2",
                                     .loss = Loss::mse,
                                     .residual = true,
                                     .dropout = 0.0,
                                     .samples = 70});
  expect_exact(deep, axes_of(deep, 1, 30), points);
}

TEST(PlaneLines, RunAlongTheAxisThatBeginsDeeper) {
  const Model model = mlp("3-5-5-5-2", Activation::tanh, 0.0, true, false);
  const Objective objective = random_objective({.widths = "3-5-5-5-2"});
  const auto found = [&](int x, int y) {
    Slice slice = plane_behind(objective, x);
    slice.directions[1] = plane_behind(objective, y).directions[1];
    return shared::lines_of(model, slice);
  };
  EXPECT_FALSE(found(0, 0).has_value());
  EXPECT_FALSE(found(2, 2).has_value());
  EXPECT_EQ(found(0, 1)->axis, 1u);
  EXPECT_EQ(found(0, 1)->first, 1);
  EXPECT_EQ(found(3, 1)->axis, 0u);
  EXPECT_EQ(found(3, 1)->first, 3);
}

TEST(PlaneLines, HaveTheLossOfTheWholeNetwork) {
  const Axis x{-1.0, 1.0, 5};
  const Axis y{-0.5, 1.0, 6};
  const Points points = grid(x, y);
  const EvaluationOptions options{.grid = {x, y}};
  for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
    for (const double dropout : {0.0, 0.3}) {
      Objective objective = random_objective(
          {.widths = "3-6-5-4-2", .loss = loss, .dropout = dropout, .samples = 70});
      objective.penalty.terms = {parse_penalty("l2=0.1")};
      for (const auto& [x_first, y_first] : {std::pair{0, 1}, {0, 3}, {1, 2}, {3, 0}, {3, 2}}) {
        Slice slice = plane_behind(objective, x_first);
        slice.directions[1] = plane_behind(objective, y_first).directions[1];
        for (const Precision precision : both_precisions) {
          const auto backend = make_backend("cpu", objective, precision);
          const auto lines = backend->evaluator(slice, {Quantity::loss}, options);
          const std::vector<double> found =
              lines->evaluate(points.coordinates, points.count()).at(Quantity::loss).data;
          const double bound = rounding_bound(objective, slice, points, precision);
          for (std::size_t p = 0; p < found.size(); ++p) {
            const std::array<Quad, 2> at{points.coordinates[2 * p], points.coordinates[2 * p + 1]};
            const Quad exact = naive::value_at<Quad>(objective, slice, at);
            EXPECT_LE(static_cast<double>(abs(Quad(found[p]) - exact)), bound);
            const auto alone = std::span(points.coordinates).subspan(2 * p, 2);
            EXPECT_EQ(lines->evaluate(alone, 1).at(Quantity::loss).data[0], found[p]);
          }
          // Right answers are counted on the way, and leave losses as they are.
          const QuantitySet both{Quantity::loss, Quantity::accuracy};
          const auto counting = backend->evaluator(slice, both, options);
          const ValueTable counted = counting->evaluate(points.coordinates, points.count());
          EXPECT_EQ(counted.at(Quantity::loss).data, found);
          EXPECT_EQ(
              counted.at(Quantity::accuracy).data,
              values_of(objective, precision, slice, points, both).at(Quantity::accuracy).data);
        }
      }
    }
  }
}

TEST(MovedTail, LeavesAccuracyAndGradientAsTheyAre) {
  for (const bool single : {false, true}) {
    const Objective objective = random_objective({.widths = "3-8-8-2", .samples = 70});
    const Points points = random_points(2, 9);
    const QuantitySet quantities{Quantity::accuracy, Quantity::gradient_norm, Quantity::loss};
    for (const Precision precision : both_precisions) {
      const Slice slice = single ? axes_of(objective, 1, 5) : plane_behind(objective, 2);
      ValueTable tail = values_of(objective, precision, slice, points, quantities);
      // The least number that is not zero keeps the whole network in motion, and moves nothing; but
      // beside 1.5 it may decide a tie, so not in the first unit.
      Slice whole = slice;
      for (std::size_t i = 3; i < 24; ++i) {
        if (whole.directions[0][i] == 0.0) whole.directions[0][i] = 1e-300;
      }
      ValueTable same = values_of(objective, precision, whole, points, quantities);
      EXPECT_EQ(tail.at(Quantity::gradient_norm).data, same.at(Quantity::gradient_norm).data);
      EXPECT_EQ(tail.at(Quantity::accuracy).data, same.at(Quantity::accuracy).data);
      const double bound = rounding_bound(objective, slice, points, precision);
      for (std::size_t p = 0; p < 9; ++p) {
        EXPECT_LE(std::fabs(tail.at(Quantity::loss).data[p] - same.at(Quantity::loss).data[p]),
                  2.0 * bound);
      }
    }
  }
}

TEST(MovedTail, IsTheSameForSegments) {
  for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
    for (const Precision precision : both_precisions) {
      Objective objective = random_objective({.widths = "3-8-5-2", .loss = loss, .samples = 150});
      objective.penalty.terms = {parse_penalty("l2=0.1")};
      const auto backend = make_backend("cpu", objective, precision);
      Segments segments{objective.parameter_count(), {}};
      const std::vector<double> centre = random_numbers(objective.parameter_count(), 4);
      for (const char* subset : {"last", "all", "layer:2+last", "last"}) {
        objective.subset = parameter_subset(objective, subset);
        const Segments some = random_segments(objective, centre, parse_region("box:1"), 1)(3);
        segments.ends.insert(segments.ends.end(), some.ends.begin(), some.ends.end());
      }
      for (const std::size_t i : {0U, 5U}) {  // one parameter of one unit
        std::vector<double> end = centre;
        end[i] += 1.0;
        segments.ends.insert(segments.ends.end(), centre.begin(), centre.end());
        segments.ends.insert(segments.ends.end(), end.begin(), end.end());
      }
      const std::vector<double> t = Axis{0, 1, 9}.values();
      EXPECT_EQ(backend->segment_losses(segments, t),
                backend->Backend::segment_losses(segments, t));
    }
  }
}

TEST(QuadraticLoss, IsUsedWhereTheLossIsOne) {
  const auto is_one = [](const RandomNetwork& network, int first, int axes) {
    const Objective objective = random_objective(network);
    const cpu::NetworkData<double> data(*objective.network());
    cpu::MovedTail<double> tail(data);
    Slice slice = plane_behind(objective, first);
    slice.directions.resize(static_cast<std::size_t>(axes));
    return cpu::quadratic_loss(tail.set(slice)).has_value();
  };
  EXPECT_TRUE(is_one({.loss = Loss::mse}, 1, 2));
  EXPECT_TRUE(is_one({.loss = Loss::mse}, 1, 1));
  EXPECT_TRUE(is_one({.widths = "3-2", .loss = Loss::mse}, 0, 2));
  EXPECT_FALSE(is_one({.loss = Loss::mse}, 0, 2));
  EXPECT_FALSE(is_one({.loss = Loss::huber}, 1, 2));
  EXPECT_FALSE(is_one({.loss = Loss::cross_entropy}, 1, 2));
  EXPECT_FALSE(
      is_one({.layers = {{3, 5}, {5, 2, true, Activation::tanh}}, .loss = Loss::mse}, 1, 2));
  EXPECT_FALSE(is_one({.layers = {{2, 2}, {2, 2, true, Activation::identity, 0, Layer::no_skip, 1}},
                       .loss = Loss::mse},
                      1, 2));
}

/// Whole numbers: y = (1 + c)·2 for the target 4 is right at c = 1, where the loss is exactly 0.
TEST(QuadraticLoss, IsZeroAtAnExactFit) {
  NetworkTask task;
  task.model = Model({{1, 1, false}, {1, 1, false}});
  task.loss = Loss::mse;
  task.samples = 3;
  task.inputs = {1.0, 2.0, -1.0};
  task.targets = {4.0, 8.0, -4.0};
  const Objective objective{task, {}, {0, 1}, "all"};
  const Slice slice{{2.0, 1.0}, {{0.0, 1.0}}};
  const Points points{1, {-1.0, 0.0, 1.0, 2.0}};
  const ValueTable found =
      values_of(objective, Precision::float64, slice, points, {Quantity::loss});
  // Residuals 2(c − 1)·(1, 2, −1): 4·6/3·(c − 1)².
  EXPECT_EQ(found.at(Quantity::loss).data, (std::vector<double>{32.0, 8.0, 0.0, 8.0}));
}

}  // namespace
}  // namespace convexscan
