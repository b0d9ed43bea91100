// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/slope_drop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "convexscan/backend.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/search_region.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

TEST(SlopeDrop, IsRemovedByNoPenalty) {
  Objective objective = random_objective(
      {.widths = "2-4-1", .activation = Activation::relu, .loss = Loss::mse, .samples = 15});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, random_numbers(objective.parameter_count(), 2),
                                   {Region::Kind::box, 1.0});
  const auto drop = find_slope_drop(*backend, objective, *where, 100, 1);
  ASSERT_TRUE(drop.has_value());
  EXPECT_TRUE(where->contains(drop->theta));
  EXPECT_LT(drop->after, drop->before);
  // However large λ is, close to the kink the penalised loss is above its chord.
  for (const double lambda : {0.0, 10.0, 1e3}) {
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = lambda}};
    const auto penalised = make_backend("cpu", objective, Precision::float64);
    const double h = 0.02 * (drop->before - drop->after) / (1.0 + 2.0 * lambda);
    std::vector<double> thetas;
    for (const double t : {-h, 0.0, h}) {
      for (std::size_t i = 0; i < drop->theta.size(); ++i) {
        thetas.push_back(drop->theta[i] + t * drop->direction[i]);
      }
    }
    const std::vector<double> f =
        penalised->point_values(thetas, 3, {Quantity::loss}).at(Quantity::loss).data;
    EXPECT_GT(f[1], 0.5 * (f[0] + f[2])) << "lambda " << lambda;
  }
  const Objective smooth = random_objective({.widths = "2-4-1", .loss = Loss::mse});
  EXPECT_FALSE(has_kinks(smooth));
  EXPECT_TRUE(has_kinks(objective));
}

TEST(SlopeDrop, NeedsKinksWhichSomeLandscapesHave) {
  // A line through random points crosses the kinks of every landscape that has any.
  for (const Landscape& landscape : landscapes()) {
    const Objective objective = landscape_objective(landscape);
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const std::vector<double> a = random_numbers(landscape.parameters, 3);
    const std::vector<double> b = random_numbers(landscape.parameters, 4);
    double largest = 0.0;
    constexpr int steps = 4096;
    std::vector<double> thetas;
    for (int k = 0; k <= steps; ++k) {
      const double t = -8.0 + 16.0 * k / steps;
      for (std::size_t i = 0; i < a.size(); ++i) thetas.push_back(a[i] + t * b[i]);
    }
    std::vector<double> losses(steps + 1);
    std::vector<double> gradients(thetas.size());
    backend->gradients(thetas, losses, gradients);
    // Of slopes in a row the change from one to the next is that of its neighbours, but at a kink.
    std::vector<double> change;
    for (std::size_t k = 0; k < steps; ++k) {
      double sum = 0.0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        sum += (gradients[(k + 1) * a.size() + i] - gradients[k * a.size() + i]) * b[i];
      }
      change.push_back(sum);
    }
    for (std::size_t k = 1; k + 1 < change.size(); ++k) {
      const double around = std::max(std::fabs(change[k - 1]), std::fabs(change[k + 1]));
      largest = std::max(largest, std::fabs(change[k]) / (2.0 * around + 1e-6));
    }
    EXPECT_EQ(has_kinks(objective), largest > 1.0) << landscape.name << ": " << largest;
  }
}

TEST(SlopeDrop, NeedsKinksThatTheScannedParametersMove) {
  Objective objective = random_objective(
      {.widths = "2-4-1", .activation = Activation::relu, .loss = Loss::mse, .samples = 15});
  objective.subset = parameter_subset(objective, "last");
  EXPECT_FALSE(has_kinks(objective));
  // Biases of the first layer are among all biases.
  objective.subset = parameter_subset(objective, "biases");
  EXPECT_TRUE(has_kinks(objective));
}

TEST(SlopeDrop, IsFoundOnAPlane) {
  const Objective objective = random_objective(
      {.widths = "3-5-1", .activation = Activation::relu, .loss = Loss::mse, .samples = 15});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const std::int64_t count = objective.parameter_count();
  const Slice plane{random_numbers(count, 2), {random_numbers(count, 3), random_numbers(count, 4)}};
  const auto where = search_region(plane, Axis{-1, 1, 11}, Axis{-1, 1, 11});
  const auto drop = find_slope_drop(*backend, objective, *where, 100, 1);
  ASSERT_TRUE(drop.has_value());
  EXPECT_TRUE(where->contains(drop->theta));
  // The direction stays in the plane, and the loss is above its chord there.
  const double h = 1e-5;
  std::vector<double> thetas;
  for (const double t : {-h, 0.0, h}) {
    for (std::size_t i = 0; i < drop->theta.size(); ++i) {
      thetas.push_back(drop->theta[i] + t * drop->direction[i]);
    }
  }
  const auto ahead = std::span(thetas).last(drop->theta.size());
  EXPECT_TRUE(where->contains(ahead));
  const std::vector<double> f =
      backend->point_values(thetas, 3, {Quantity::loss}).at(Quantity::loss).data;
  // f(−h) − 2f(0) + f(h) is h times the jump, but for h² times the curvature.
  EXPECT_LE(f[0] - 2 * f[1] + f[2], 0.5 * h * (drop->after - drop->before));
}

TEST(SlopeDrop, IsFoundBehindDropoutAndSkips) {
  Objective objective = random_objective({.widths = "4-4-4-2",
                                          .activation = Activation::leaky_relu,
                                          .loss = Loss::mse,
                                          .residual = true,
                                          .samples = 15});
  auto& task = std::get<NetworkTask>(objective.task);
  task.model = with_dropout(task.model, 0.3, 5);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  // Were the second layer's inputs without their masks, its kinks would be elsewhere.
  Objective second = objective;
  second.subset = parameter_subset(objective, "layer:2");
  const auto where = search_region(second, random_numbers(objective.parameter_count(), 2),
                                   {Region::Kind::box, 2.0});
  const auto drop = find_slope_drop(*backend, second, *where, 200, 1);
  ASSERT_TRUE(drop.has_value());
  EXPECT_EQ(drop->layer, 2);
}

TEST(SlopeDrop, IsLookedForUntilAskedToStop) {
  const Objective objective = random_objective({.activation = Activation::relu});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, random_numbers(objective.parameter_count(), 2),
                                   {Region::Kind::box, 1.0});
  const std::atomic<bool> stop{true};
  EXPECT_THROW(find_slope_drop(*backend, objective, *where, 100, 1, &stop), Interrupted);
}

}  // namespace
}  // namespace convexscan
