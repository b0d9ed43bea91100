// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/convexify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "convexify_problems.hpp"
#include "convexscan/curvature.hpp"
#include "convexscan/error.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

double norm(const std::vector<double>& theta) {
  return std::sqrt(std::inner_product(theta.begin(), theta.end(), theta.begin(), 0.0));
}

ConvexifyResult convexify_landscape(const char* name, Region region) {
  const Objective objective = landscape_objective(landscape(name));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, objective.landscape()->centre, region);
  return convexify(*backend, objective, *where,
                   added_penalty("l2", {}, objective.parameter_count()), {});
}

TEST(Convexify, LambdaStarIsTheClosedForm) {
  struct Known {
    const char* landscape;
    Region region;
    double lambda_star;
  };
  using enum Region::Kind;
  // −x³: −6x is least at the right end. x·y: −1 everywhere. sin x: −sin x is least, −1, at π/2.
  // (x² − 1)²: 12x² − 4 is least, −4, at 0, which is the middle. (xy)²: on the box |x|, |y| ≤ 1
  // [[2y², 4xy], [4xy, 2x²]] is least, 2 − 4 = −2, in its corners; on the ball of radius 1 with
  // x = y = √½, where it is 1 − 2.
  // Rosenbrock: 1200x² − 400y + 2 with −400x and 200: least at the largest y and x = 0, or near.
  for (const Known& known :
       {Known{"cubic", {box, 1.0}, 3.0}, Known{"cubic", {box, 2.0}, 6.0},
        Known{"cubic", {ball, 0.5}, 1.5}, Known{"cubic", {nonnegative, 1.0}, 3.0},
        Known{"xy", {box, 1.0}, 0.5}, Known{"xy", {ball, 3.0}, 0.5}, Known{"sine", {box, 2.0}, 0.5},
        Known{"double-well", {box, 2.0}, 2.0}, Known{"x2y2", {box, 1.0}, 1.0},
        Known{"x2y2", {ball, 1.0}, 0.5}, Known{"log-sum-exp", {box, 1.0}, 0.0},
        Known{"linear-map", {box, 1.0}, 0.5}}) {
    const ConvexifyResult found = convexify_landscape(known.landscape, known.region);
    EXPECT_LE(std::fabs(found.lambda_star - known.lambda_star), 1e-6)
        << known.landscape << ": " << found.lambda_star << " for " << known.lambda_star;
    EXPECT_EQ(found.levels.size(), known.lambda_star > 0.0 ? 7u : 1u);
  }
}

TEST(Convexify, LambdaStarOfAGradedPenaltyIsTheClosedForm) {
  // x·y with weights ½ and ¼, scaled to 1 and ½: λ²·4·½ ≥ 1 exactly when λ ≥ 1/√2.
  const Objective objective = landscape_objective(landscape("xy"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, std::vector<double>{0, 0}, {Region::Kind::box, 1.0});
  const ConvexifyResult found =
      convexify(*backend, objective, *where, added_penalty("l2-graded=0.5", {}, 2), {});
  EXPECT_LE(std::fabs(found.lambda_star - std::sqrt(0.5)), 1e-12);
  EXPECT_EQ(found.penalty.weights, (std::vector<double>{1.0, 0.5}));
  EXPECT_THROW(added_penalty("l2-graded=0.5", {}, 40), UsageError);
  EXPECT_THROW(added_penalty("l1", {}, 2), UsageError);
}

TEST(Convexify, OnAPlaneFindsItsWorstPoint) {
  // (xy)² on the line y = 1, 0 ≤ x ≤ 1: [[2, 4x], [4x, 2x²]] is least, 2 − 4, at x = 1.
  const Objective objective = landscape_objective(landscape("x2y2"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const Slice line{{0, 1}, {{1, 0}}};
  const auto where = search_region(line, Axis{0, 1, 11}, Axis{0, 0, 1});
  const ConvexifyResult found =
      convexify(*backend, objective, *where, added_penalty("l2", {}, 2), {});
  EXPECT_LE(std::fabs(found.lambda_star - 1.0), 1e-6);
  EXPECT_LE(std::fabs(found.worst.theta[0] - 1.0), 1e-6);
  EXPECT_EQ(found.worst.theta[1], 1.0);
}

TEST(Convexify, TwiceLambdaStarIsConvexOnSamplesAndHasOneMinimiser) {
  const Objective objective =
      random_objective({.widths = "2-3-1", .loss = Loss::mse, .samples = 12});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const std::vector<double> centre(static_cast<std::size_t>(objective.parameter_count()), 0.0);
  const auto where = search_region(objective, centre, {Region::Kind::box, 1.0});
  const ConvexifyResult found = convexify(*backend, objective, *where,
                                          added_penalty("l2", {}, objective.parameter_count()), {});
  ASSERT_EQ(found.levels.size(), 7u);
  ASSERT_GT(found.lambda_star, 0.0);
  const ConvexifyLevel& last = found.levels.back();
  EXPECT_EQ(last.lambda, 2 * found.lambda_star);
  EXPECT_GT(last.smallest_eigenvalue, 0.0);
  EXPECT_LT(found.levels.front().smallest_eigenvalue, 0.0);
  Objective penalised = objective;
  penalised.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = last.lambda}};
  const auto convex = make_backend("cpu", penalised, Precision::float64);
  for (const std::vector<double>& z : where->sample(300, 7)) {
    EXPECT_GT(smallest_eigenvalue(*convex, where->theta(z)), 0.0);
  }
  // Strongly convex with modulus 2λ*: ends lie within 2·‖∇f‖/(2λ*) of each other.
  double gradient = 0.0;
  for (const TrainingResult& end : last.ends) {
    EXPECT_TRUE(end.converged) << end.reason;
    gradient = std::max(gradient, end.gradient_norm);
  }
  EXPECT_LE(last.largest_distance, gradient / found.lambda_star);
  EXPECT_GT(found.levels.front().largest_distance, 0.1);
  EXPECT_LE(last.widths[last.best][0].distinct, 1);
  // The loss without the penalty is the objective's own.
  const double own = backend->point_values(last.ends[0].theta, 1, {Quantity::loss})
                         .at(Quantity::loss)
                         .data.front();
  EXPECT_LE(std::fabs(own - last.loss[0]), 1e-12);
}

TEST(Convexify, ThePenalisedLossDoesNotFallAsLambdaRises) {
  // f + λ·penalty rises with λ at every point, so its least does; and so does every start's end.
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Objective objective = random_objective({.widths = "3-3-2", .samples = 20});
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const auto where = search_region(objective, random_numbers(objective.parameter_count(), seed),
                                     {Region::Kind::box, 1.0});
    ConvexifyOptions options;
    options.seed = seed;
    options.search = {.samples = 16, .descents = 2, .mixtures = 0, .steps = 20};
    const ConvexifyResult found = convexify(
        *backend, objective, *where, added_penalty("l2", {}, objective.parameter_count()), options);
    ASSERT_EQ(found.levels.size(), 7u);
    for (std::size_t l = 1; l < found.levels.size(); ++l) {
      const ConvexifyLevel& below = found.levels[l - 1];
      const ConvexifyLevel& above = found.levels[l];
      for (std::size_t k = 0; k < above.ends.size(); ++k) {
        // An end is kept where the gradient that is left may account for the difference, over a way
        // that no two minimisers of these exceed.
        const double left = 2.0 * norm(below.ends[k].theta) * below.ends[k].gradient_norm;
        EXPECT_LE(below.ends[k].loss, above.ends[k].loss + left) << l << " start " << k;
      }
    }
  }
}

TEST(Convexify, RaisesLambdaStarWhereAMinimiserCurvesDownMore) {
  // (x² − 1)² from 0.4 on: a search that looks at the middle alone, x = 0.4, sees 12·0.16 − 4.
  // With 5 times what that needs the minimiser is 0, where −4 needs λ = 2.
  const Objective objective = landscape_objective(landscape("double-well"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, std::vector<double>{0.4}, {Region::Kind::box, 0.45});
  ConvexifyOptions options;
  options.starts = 2;
  options.levels = {1.0, 5.0};
  options.search = {.samples = 1, .descents = 1, .mixtures = 0, .steps = 0};
  const NegativeCurvature alone =
      most_negative_curvature(*backend, objective, *where, ones(objective), options.search);
  ASSERT_GT(alone.value, -4.0 + 1e-4);  // it does not find the worst by itself
  const ConvexifyResult found =
      convexify(*backend, objective, *where, added_penalty("l2", {}, 1), options);
  EXPECT_LE(std::fabs(found.lambda_star - 2.0), 1e-6);
  EXPECT_EQ(found.levels[0].lambda, found.lambda_star);
  EXPECT_EQ(found.levels[1].lambda, 5.0 * found.lambda_star);
  for (const ConvexifyLevel& level : found.levels) {
    EXPECT_EQ(level.smallest_eigenvalue, found.worst.value + 2.0 * level.lambda);
    EXPECT_GE(level.smallest_eigenvalue, 0.0);
  }
}

TEST(Convexify, FindsWhereTheSlopeOfALandscapeDrops) {
  // ½(1 − relu(t))²: the slope is 0 before t = 0 and −1 behind it.
  const ConvexifyResult well = convexify_landscape("relu-well", {Region::Kind::box, 1.0});
  ASSERT_TRUE(well.slope_drop.has_value());
  EXPECT_LE(std::fabs(well.slope_drop->theta[0]), 1e-12);
  // Taken at a distance of 1e-6 / 8 from the kink, behind which the slope rises by 1.
  EXPECT_LE(std::fabs((well.slope_drop->after - well.slope_drop->before) + 1.0), 2e-7);
  // Kinks at which slopes rise are none of that.
  for (const char* name : {"relu", "max-of-convex", "max-pooling"}) {
    const ConvexifyResult found = convexify_landscape(name, {Region::Kind::box, 1.0});
    EXPECT_TRUE(found.kinks) << name;
    EXPECT_FALSE(found.slope_drop.has_value()) << name;
  }
}

TEST(Convexify, KnowsTheLossOfAnEndBesideAnyPenalty) {
  const Objective objective = random_objective({.widths = "3-4-2", .samples = 20});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, random_numbers(objective.parameter_count(), 1),
                                   {Region::Kind::box, 1.0});
  ConvexifyOptions options;
  options.starts = 2;
  options.levels = {1.0, 1e18, 1e30};
  options.search = {.samples = 8, .descents = 2, .mixtures = 0, .steps = 20};
  const ConvexifyResult found = convexify(
      *backend, objective, *where, added_penalty("l2", {}, objective.parameter_count()), options);
  std::vector<double> gradient(static_cast<std::size_t>(objective.parameter_count()));
  for (const ConvexifyLevel& level : found.levels) {
    ASSERT_EQ(level.loss.size(), 2u);
    for (std::size_t k = 0; k < level.ends.size(); ++k) {
      const double own = backend->gradient(level.ends[k].theta, gradient);
      EXPECT_GT(own, 0.0);
      EXPECT_LE(std::fabs(level.loss[k] - own), 1e-12 * own) << "lambda " << level.lambda;
    }
  }
}

TEST(Convexify, SaysWhereThePenaltyHasNoLeastCurvature) {
  Objective objective = landscape_objective(landscape("log-sum-exp"));
  objective.penalty.terms = {{.kind = PenaltyTerm::Kind::lp, .value = 0.1, .exponent = 0.5}};
  const auto unbounded = [&](const std::vector<double>& centre, Region region) {
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const auto where = search_region(objective, centre, region);
    ConvexifyOptions few;
    few.starts = 1;
    few.levels = {0.0};
    few.search.samples = 4;
    few.search.descents = 1;
    return convexify(*backend, objective, *where, added_penalty("l2", {}, 3), few).unbounded_term;
  };
  EXPECT_EQ(unbounded({2, 2, 0.5}, {Region::Kind::box, 1.0}), "lp=0.5,0.1");
  EXPECT_EQ(unbounded({2, 2, 2}, {Region::Kind::ball, 1.0}), "");
  objective.penalty.centre = {0, 2.5, 0};
  EXPECT_EQ(unbounded({2, 2, 2}, {Region::Kind::ball, 1.0}), "lp=0.5,0.1");
  objective.penalty.terms.front().exponent = 1.5;
  EXPECT_EQ(unbounded({2, 2, 2}, {Region::Kind::ball, 1.0}), "");
  // On a plane, whatever its directions.
  const Slice line{{1, 1, 1}, {{-1, 0, 0.5}}};
  const auto where = search_region(line, Axis{-1, 2, 4}, Axis{0, 0, 1});
  EXPECT_EQ(where->range(0), std::make_pair(-1.0, 2.0));
  EXPECT_EQ(where->range(1), std::make_pair(1.0, 1.0));
  EXPECT_EQ(where->range(2), std::make_pair(0.5, 2.0));
}

TEST(Convexify, WithoutThePenaltyEndsAreThoseOfTheStartsAlone) {
  // Every point of both axes is a least one of (xy)²; continuation would draw them all to the
  // origin.
  const Objective objective = landscape_objective(landscape("x2y2"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where =
      search_region(objective, objective.landscape()->centre, {Region::Kind::box, 1.0});
  ConvexifyOptions plain;
  plain.levels = {0.0};
  const auto levels_with = [&](const ConvexifyOptions& options) {
    return convexify(*backend, objective, *where,
                     added_penalty("l2", {}, objective.parameter_count()), options)
        .levels;
  };
  const std::vector<ConvexifyLevel> all = levels_with({});
  const std::vector<ConvexifyLevel> alone = levels_with(plain);
  ASSERT_EQ(all.size(), 7u);
  ASSERT_GT(alone[0].largest_distance, 0.1);
  for (std::size_t k = 0; k < alone[0].ends.size(); ++k) {
    EXPECT_EQ(all[0].ends[k].theta, alone[0].ends[k].theta);
  }
}

TEST(Convexify, StartsFromPointsThatAllDiffer) {
  // A box in two dimensions has four corners.
  const Objective objective = landscape_objective(landscape("xy"));
  const auto where =
      search_region(objective, objective.landscape()->centre, {Region::Kind::box, 1.0});
  std::set<std::vector<double>> points;
  for (const std::vector<double>& z : where->sample(64, 5)) points.insert(z);
  EXPECT_EQ(points.size(), 64u);
}

TEST(Convexify, StopsWhenAsked) {
  const Objective objective = landscape_objective(landscape("xy"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto where = search_region(objective, std::vector<double>{0, 0}, {Region::Kind::box, 1.0});
  const std::atomic<bool> stop{true};
  EXPECT_THROW(convexify(*backend, objective, *where, added_penalty("l2", {}, 2), {}, {}, &stop),
               Interrupted);
}

}  // namespace
}  // namespace convexscan
