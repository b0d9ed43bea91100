// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/most_negative_curvature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "convexify_problems.hpp"
#include "convexscan/curvature.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

TEST(MostNegativeCurvature, IsFoundWhereTheHessianIsAMultipleOfTheIdentity) {
  Objective objective =
      random_objective({.widths = "3-2", .activation = Activation::identity, .loss = Loss::output});
  objective.penalty.terms = {parse_penalty("l2=1e-3")};
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, random_numbers(objective.parameter_count(), 5),
                                   Region{Region::Kind::box, 1.0});
  const NegativeCurvature found =
      most_negative_curvature(*backend, objective, *where, ones(objective), {});
  EXPECT_LE(std::fabs(found.value - 2e-3), found.error);
  EXPECT_LE(found.error, 1e-15);
}

TEST(MostNegativeCurvature, FindsNoLessThanBruteForceOnASmallNetwork) {
  const Objective objective =
      random_objective({.widths = "2-3-1", .loss = Loss::mse, .samples = 12});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const std::vector<double> centre = random_numbers(objective.parameter_count(), 5);
  for (const Region region : {Region{Region::Kind::box, 0.5}, Region{Region::Kind::ball, 1.0}}) {
    const auto where = search_region(objective, centre, region);
    const NegativeCurvature found =
        most_negative_curvature(*backend, objective, *where, ones(objective), {});
    EXPECT_TRUE(where->contains(found.theta));
    EXPECT_LE(std::fabs(smallest_eigenvalue(*backend, found.theta) - found.value), found.error);
    // Dense sampling, then ever smaller random steps from the best places.
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    std::vector<std::pair<double, std::vector<double>>> best;
    for (const std::vector<double>& z : where->sample(4000, 99)) {
      best.emplace_back(smallest_eigenvalue(*backend, where->theta(z)), z);
    }
    std::ranges::sort(best);
    double brute = best.front().first;
    for (std::size_t k = 0; k < 3; ++k) {
      auto [value, place] = best[k];
      double step = 0.2;
      for (int trial = 0; trial < 1500; ++trial) {
        std::vector<double> z = place;
        for (double& c : z) c += step * normal(random);
        where->project(z);
        const double other = smallest_eigenvalue(*backend, where->theta(z));
        if (other < value) {
          value = other;
          place = z;
        } else {
          step = std::max(1e-6, step * 0.99);
        }
      }
      brute = std::min(brute, value);
    }
    EXPECT_LE(found.value, brute + 1e-6 * std::fabs(brute)) << "region " << region.radius;
  }
}

TEST(MostNegativeCurvature, CountsTheDescentsThatStoppedEarly) {
  const Objective objective =
      random_objective({.widths = "2-3-1", .loss = Loss::mse, .samples = 12});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, random_numbers(objective.parameter_count(), 5),
                                   {Region::Kind::box, 5.0});
  CurvatureSearch search{.samples = 32, .descents = 4, .mixtures = 0, .steps = 2};
  const NegativeCurvature two =
      most_negative_curvature(*backend, objective, *where, ones(objective), search);
  EXPECT_GE(two.descents, 4);
  EXPECT_EQ(two.converged, 0);
  EXPECT_FALSE(two.witness_converged);
  EXPECT_GT(two.first_order_gain, 1e-6 * std::fabs(two.value));
  search.steps = 2000;
  const NegativeCurvature all =
      most_negative_curvature(*backend, objective, *where, ones(objective), search);
  EXPECT_TRUE(all.witness_converged);
  EXPECT_LE(all.first_order_gain, 1.001e-6 * std::fabs(all.value));
  EXPECT_LT(all.value, two.value);
}

TEST(MostNegativeCurvature, LooksAtTheCornersOfASmallBox) {
  // (xy)² alone, with no descent: least, −2, in the corners of |x|, |y| ≤ 1.
  const Objective objective = landscape_objective(landscape("x2y2"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, std::vector<double>{0, 0}, {Region::Kind::box, 1.0});
  const NegativeCurvature found =
      most_negative_curvature(*backend, objective, *where, ones(objective),
                              {.samples = 16, .descents = 1, .mixtures = 0, .steps = 0});
  EXPECT_EQ(std::fabs(found.theta[0]), 1.0);
  EXPECT_EQ(std::fabs(found.theta[1]), 1.0);
}

TEST(MostNegativeCurvature, KeepsWhatIsProvedWhereRoundingHidesTheSign) {
  // The weights are so large nearly everywhere that a Hessian's bound is of its own size or more.
  const Objective objective = random_objective({.widths = "3-2-3", .samples = 20});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const std::vector<double> centre = random_numbers(objective.parameter_count(), 3);
  const CurvatureSearch search{.samples = 128, .descents = 4, .mixtures = 0, .steps = 20};
  for (const double radius : {1.0, 1e4, 1e8, 1e12}) {
    const auto where = search_region(objective, centre, {Region::Kind::box, radius});
    const NegativeCurvature found =
        most_negative_curvature(*backend, objective, *where, ones(objective), search);
    EXPECT_LT(found.value + found.error, 0.0) << radius;
    EXPECT_LE(found.least_possible, found.value - found.error) << radius;
  }
}

TEST(MostNegativeCurvature, IsZeroForAConvexLossOfMoreParametersThanAMatrixFits) {
  // Logistic regression on 10 samples: nearly all of 2002 eigenvalues are 0, up to rounding.
  const Objective objective = random_objective(
      {.widths = "2001-1", .activation = Activation::identity, .loss = Loss::binary_cross_entropy});
  ASSERT_GT(objective.parameter_count(), EvaluationOptions{}.dense_limit);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  for (const std::uint64_t seed : {1, 2}) {
    const auto where = search_region(objective, random_numbers(objective.parameter_count(), seed),
                                     {Region::Kind::box, 0.1});
    const NegativeCurvature found = most_negative_curvature(
        *backend, objective, *where, ones(objective),
        {.samples = 2, .descents = 1, .mixtures = 0, .steps = 1, .seed = seed});
    EXPECT_GE(found.value, -found.error) << seed;
    EXPECT_EQ(found.least_possible, -INFINITY);  // a Ritz value is no lower bound
    EXPECT_LE(found.error, 1e-9) << seed;        // γ₂₀₀₂·‖x‖² is 4e-10
  }
}

TEST(MostNegativeCurvature, TheWitnessProvesTheLimit) {
  const Objective objective = random_objective({.widths = "3-4-2", .samples = 20});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, random_numbers(objective.parameter_count(), 2),
                                   {Region::Kind::box, 0.5});
  const NegativeCurvature found =
      most_negative_curvature(*backend, objective, *where, ones(objective), {});
  // The curvature along the direction, by a difference quotient of the loss, error about h² + ε/h².
  const double h = 1e-4;
  std::vector<double> thetas;
  for (const double t : {-h, 0.0, h}) {
    for (std::size_t i = 0; i < found.theta.size(); ++i) {
      thetas.push_back(found.theta[i] + t * found.direction[i]);
    }
  }
  const std::vector<double> f =
      backend->point_values(thetas, 3, {Quantity::loss}).at(Quantity::loss).data;
  EXPECT_LE(std::fabs((f[0] - 2 * f[1] + f[2]) / (h * h) - found.value), 1e-5);
  double squares = 0.0;
  for (const double v : found.direction) squares += v * v;
  EXPECT_LE(std::fabs(squares - 1.0), 1e-12);
}

}  // namespace
}  // namespace convexscan
