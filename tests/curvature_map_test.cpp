// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/resource.h>

#include <cmath>

#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "curvature_problems.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;
using enum Quantity;

ScanResult map_of(const Objective& objective, const Slice& slice, const Points& points,
                  const QuantitySet& quantities, Eigensolver eigensolver) {
  const auto backend = make_backend("cpu", objective, Precision::float64);
  return scan(*backend, slice, points, quantities, {}, nullptr, {.eigensolver = eigensolver});
}

std::int64_t count(const ScanResult& result, Verdict wanted) {
  std::int64_t points = 0;
  for (const double value : result.values.at(verdict).data) {
    if (value == static_cast<double>(wanted)) ++points;
  }
  return points;
}

const Axis nine{-1.0, 1.0, 9};

TEST(Convexity, SoftmaxRegressionIsNowhereNotConvex) {
  Random random(21);
  const Objective objective =
      network(random, mlp("5-3", Activation::identity, 0.0, true, false), Loss::cross_entropy, 90);
  const Slice slice = plane(random, objective.parameter_count(), 2.0);
  for (const auto eigensolver :
       {Eigensolver::cusolver, Eigensolver::cascade, Eigensolver::lanczos}) {
    const ScanResult map =
        map_of(objective, slice, grid(nine, nine), {verdict, min_eigenvalue}, eigensolver);
    EXPECT_EQ(count(map, Verdict::not_convex), 0);
    // Adding the same number to every logit changes nothing: λ = 0, so strictly convex it is not.
    EXPECT_EQ(count(map, Verdict::locally_convex), 0);
  }
}

TEST(Convexity, LinearRegressionWithCorrelatedColumnsIsNowhereNotConvex) {
  Random random(22);
  Objective objective =
      network(random, mlp("4-2", Activation::identity, 0.0, true, false), Loss::mse, 50);
  auto& inputs = std::get<NetworkTask>(objective.task).inputs;
  for (std::size_t s = 0; s < 50; ++s) inputs[4 * s + 3] = inputs[4 * s] - 2.0 * inputs[4 * s + 1];
  const Slice slice = plane(random, objective.parameter_count());
  const ScanResult map =
      map_of(objective, slice, grid(nine, nine),
             {verdict, negative_count, near_zero_count, positive_count}, Eigensolver::cusolver);
  EXPECT_EQ(count(map, Verdict::not_convex), 0);
  for (std::size_t p = 0; p < 81; ++p) {
    EXPECT_EQ(map.values.at(negative_count).data[p], 0.0);
    EXPECT_EQ(map.values.at(near_zero_count).data[p], 2.0);  // one for each output
    EXPECT_EQ(map.values.at(positive_count).data[p], 8.0);
  }
}

/// f = mean (w₂w₁x − y)²: with m = mean x², c = mean xy, H = [[2mw₂², 4mw₁w₂ − 2c], [·, 2mw₁²]].
TEST(Convexity, OfADeepLinearNetworkEndsWhereTheDeterminantDoes) {
  Random random(23);
  const Objective objective =
      network(random, mlp("1-1-1", Activation::identity, 0.0, false, false), Loss::mse, 40);
  const auto& task = *objective.network();
  double m = 0.0;
  double c = 0.0;
  for (std::size_t s = 0; s < 40; ++s) {
    m += task.inputs[s] * task.inputs[s] / 40.0;
    c += task.inputs[s] * task.targets[s] / 40.0;
  }
  const Slice slice{{0.0, 0.0}, {{1.0, 0.0}, {0.0, 1.0}}};
  const Points points = grid({-1.5, 1.5, 41}, {-1.5, 1.5, 41});
  for (const auto eigensolver : {Eigensolver::cusolver, Eigensolver::cascade}) {
    const ScanResult map = map_of(objective, slice, points, {verdict, settled_by}, eigensolver);
    for (std::int64_t p = 0; p < points.count(); ++p) {
      const double w1 = points.coordinates[static_cast<std::size_t>(2 * p)];
      const double w2 = points.coordinates[static_cast<std::size_t>(2 * p + 1)];
      const double off = 4.0 * m * w1 * w2 - 2.0 * c;
      const double determinant = 4.0 * m * m * w1 * w1 * w2 * w2 - off * off;
      if (std::fabs(determinant) < 1e-12) continue;
      EXPECT_EQ(
          map.values.at(verdict).data[static_cast<std::size_t>(p)],
          static_cast<double>(determinant < 0.0 ? Verdict::not_convex : Verdict::locally_convex))
          << w1 << ", " << w2;
    }
  }
}

TEST(Convexity, InTheLastLayerAloneIsNeverRefuted) {
  Random random(24);
  Objective objective =
      network(random, mlp("3-6-2", Activation::tanh, 0.0, true, false), Loss::mse, 60);
  objective.subset = parameter_subset(objective, "last");
  Slice slice = plane(random, objective.parameter_count());
  const ScanResult map =
      map_of(objective, slice, grid(nine, nine), {verdict}, Eigensolver::automatic);
  EXPECT_EQ(count(map, Verdict::locally_convex), 81);
}

struct Map {
  const char* widths;
  Activation activation;
  Loss loss;
  bool residual;
};

class EverySolver : public testing::TestWithParam<Map> {};

TEST_P(EverySolver, GivesTheDenseVerdictAtEveryPointOfAMap) {
  const Map& map = GetParam();
  Random random(31);
  Objective objective =
      network(random, mlp(map.widths, map.activation, 0.0, true, map.residual), map.loss, 70);
  objective.penalty.terms = {{PenaltyTerm::Kind::l2, 0.05}};
  const Slice slice = plane(random, objective.parameter_count(), 0.3);
  const Points points = grid({-1.0, 1.0, 11}, {-1.0, 1.0, 11});
  const QuantitySet all{min_eigenvalue, min_eigenvalue_error, max_eigenvalue, eigenvalue_error,
                        verdict,        required_l2};
  const ScanResult dense = map_of(objective, slice, points, all, Eigensolver::cusolver);
  const ScanResult cascade =
      map_of(objective, slice, points, {verdict, settled_by}, Eigensolver::cascade);
  const ScanResult lanczos =
      map_of(objective, slice, points,
             {min_eigenvalue, min_eigenvalue_error, max_eigenvalue, verdict}, Eigensolver::lanczos);
  for (std::size_t p = 0; p < 121; ++p) {
    const double smallest = dense.values.at(min_eigenvalue).data[p];
    const double error = dense.values.at(min_eigenvalue_error).data[p];
    EXPECT_LE(error, 1e-9);
    EXPECT_EQ(cascade.values.at(verdict).data[p], dense.values.at(verdict).data[p]) << p;
    EXPECT_GE(cascade.values.at(settled_by).data[p], 1.0);
    const double ritz = lanczos.values.at(min_eigenvalue).data[p];
    const double residual = lanczos.values.at(min_eigenvalue_error).data[p];
    EXPECT_LE(std::fabs(ritz - smallest), error + residual) << p;
    const double l = lanczos.values.at(verdict).data[p];
    EXPECT_EQ(l, static_cast<double>(smallest < 0.0 ? Verdict::not_convex : Verdict::undecided));
    EXPECT_NEAR(lanczos.values.at(max_eigenvalue).data[p], dense.values.at(max_eigenvalue).data[p],
                1e-6 * std::fabs(dense.values.at(max_eigenvalue).data[p]));
    const double needed = dense.values.at(required_l2).data[p];
    EXPECT_DOUBLE_EQ(needed, smallest < -error ? -0.5 * smallest : 0.0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , EverySolver,
    testing::Values(Map{"2-4-1", Activation::tanh, Loss::mse, false},
                    Map{"3-5-3", Activation::sigmoid, Loss::cross_entropy, false},
                    Map{"4-6-6-2", Activation::softplus, Loss::binary_cross_entropy, true},
                    Map{"2-7-1", Activation::relu, Loss::mse, false}));

TEST(Evaluator, GivesTheSameBitsWhateverTheTile) {
  Random random(41);
  const Objective objective =
      network(random, mlp("3-4-2", Activation::tanh, 0.0, true, false), Loss::cross_entropy, 33);
  const Slice slice = plane(random, objective.parameter_count());
  const Points points = grid({-1.0, 1.0, 3}, {-1.0, 1.0, 3});
  const QuantitySet quantities{
      min_eigenvalue, min_eigenvalue_error, trace, layer_min_eigenvalue, verdict, settled_by};
  const auto backend = make_backend("cpu", objective, Precision::float64);
  for (const auto eigensolver :
       {Eigensolver::cusolver, Eigensolver::lanczos, Eigensolver::cascade}) {
    QuantitySet set = quantities;
    if (eigensolver == Eigensolver::cascade) set = {verdict, settled_by};
    if (eigensolver == Eigensolver::lanczos) set = {min_eigenvalue, min_eigenvalue_error, verdict};
    const auto evaluator = backend->evaluator(slice, set, {.eigensolver = eigensolver});
    const ValueTable together = evaluator->evaluate(points.coordinates, 9);
    for (std::size_t p = 0; p < 9; ++p) {
      const ValueTable alone = evaluator->evaluate({points.coordinates.data() + 2 * p, 2}, 1);
      for (const auto& [quantity, values] : alone) {
        for (std::size_t k = 0; k < values.data.size(); ++k) {
          EXPECT_EQ(values.data[k], together.at(quantity).data[p * values.data.size() + k]);
        }
      }
    }
  }
}

TEST(Evaluator, HoldsAMatrixForEachThreadWhateverTheGrid) {
  // P = 2001: a tile of a 512 × 512 grid must not be so many points that the next one is far off,
  // and a matrix belongs to a thread, not to a point.
  Random random(45);
  const Objective objective =
      network(random, mlp("18-100-1", Activation::tanh, 0.0, true, false), Loss::mse, 64);
  ASSERT_GE(objective.parameter_count(), 2000);
  const Slice slice = plane(random, objective.parameter_count(), 0.2);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto evaluator = backend->evaluator(slice, {min_eigenvalue}, {.dense_limit = 1 << 20});
  EXPECT_EQ(evaluator->eigensolver().eigensolver, Eigensolver::cascade);
  EXPECT_EQ(evaluator->points_per_tile(), omp_get_max_threads());
}

TEST(Evaluator, SaysWhatAMatrixFreeMethodCannotGive) {
  Random random(42);
  const Objective objective =
      network(random, mlp("3-4-2", Activation::tanh, 0.0, true, false), Loss::mse, 5);
  const Slice slice = plane(random, objective.parameter_count());
  const auto backend = make_backend("cpu", objective, Precision::float64);
  EXPECT_THROW(backend->evaluator(slice, {trace}, {.eigensolver = Eigensolver::lanczos}),
               UsageError);
}

TEST(Evaluator, LeavesAPointThatOverflowsUndecided) {
  Random random(43);
  const Objective objective =
      network(random, mlp("2-3-1", Activation::softplus, 0.0, true, false), Loss::mse, 5);
  Slice slice = plane(random, objective.parameter_count());
  slice.origin.assign(slice.origin.size(), 1e200);
  for (const auto eigensolver :
       {Eigensolver::cusolver, Eigensolver::cascade, Eigensolver::lanczos}) {
    const ScanResult map = map_of(objective, slice, Points{2, {0.0, 0.0}}, {verdict}, eigensolver);
    EXPECT_EQ(count(map, Verdict::undecided), 1);
  }
}

/// Squares of entries below 2⁻⁵¹¹ are zero: a norm or a residual made of them says nothing.
TEST(Evaluator, DecidesNothingAboutHessiansThatUnderflow) {
  Random random(31);
  for (const int exponent : {-170, -260, -300, -400}) {
    Objective objective =
        network(random, mlp("4-6-3-1", Activation::identity, 0.0, false, false), Loss::mse, 20);
    auto& task = std::get<NetworkTask>(objective.task);
    for (double& x : task.inputs) x = std::ldexp(x, exponent);
    const Slice slice = plane(random, objective.parameter_count());
    for (const auto eigensolver : {Eigensolver::cusolver, Eigensolver::cascade}) {
      const ScanResult map =
          map_of(objective, slice, grid(nine, nine), {verdict, min_eigenvalue}, eigensolver);
      EXPECT_EQ(count(map, Verdict::locally_convex), 0) << exponent;
    }
  }
  // xy·xy in a corner has λ_min = −2e-180.
  const Objective corners{landscape("x2y2"), {}, {0, 1}, "all"};
  const Slice axes{{0.0, 0.0}, {{1.0, 0.0}, {0.0, 1.0}}};
  const Axis tiny{-1e-90, 1e-90, 3};
  const ScanResult map =
      map_of(corners, axes, grid(tiny, tiny), {verdict, min_eigenvalue}, Eigensolver::automatic);
  EXPECT_EQ(count(map, Verdict::locally_convex), 0);
}

TEST(Landscapes, HaveTheCurvatureOfTheirFormula) {
  const auto at = [](std::string_view what, std::vector<double> origin) {
    Objective objective{landscape(what), {}, {}, "all"};
    objective.subset = all_parameters(static_cast<std::int64_t>(origin.size()));
    const ScanResult result =
        map_of(objective, Slice{std::move(origin), {}}, Points{},
               {min_eigenvalue, max_eigenvalue, layer_min_eigenvalue, verdict, required_l2},
               Eigensolver::automatic);
    return result.values;
  };
  const auto saddle = at("xy", {0.3, -0.2});
  EXPECT_NEAR(saddle.at(min_eigenvalue).data[0], -1.0, 1e-14);
  EXPECT_NEAR(saddle.at(max_eigenvalue).data[0], 1.0, 1e-14);
  EXPECT_EQ(saddle.at(layer_min_eigenvalue).data, (std::vector<double>{0.0, 0.0}));
  EXPECT_EQ(saddle.at(verdict).data[0], static_cast<double>(Verdict::not_convex));
  EXPECT_NEAR(saddle.at(required_l2).data[0], 0.5, 1e-14);
  EXPECT_EQ(at("rosenbrock", {1.0, 1.0}).at(verdict).data[0],
            static_cast<double>(Verdict::locally_convex));
  // exp(x² + y²) has 2f and (2 + 4r²)f; its entries' squares are no numbers.
  const auto steep = at("exp-of-square", {12.0, 16.0});
  const double f = std::exp(400.0);
  EXPECT_NEAR(steep.at(min_eigenvalue).data[0] / f, 2.0, 1e-9);
  EXPECT_NEAR(steep.at(max_eigenvalue).data[0] / f, 1602.0, 1e-9);
  EXPECT_EQ(steep.at(verdict).data[0], static_cast<double>(Verdict::locally_convex));
  EXPECT_EQ(at("rosenbrock", {0.0, 1.0}).at(verdict).data[0],
            static_cast<double>(Verdict::not_convex));
}

TEST(ExtremeEigenvectors, SpanTheMostNegativeAndTheMostPositiveCurvature) {
  Random random(51);
  const Objective objective =
      network(random, mlp("3-5-2", Activation::tanh, 0.0, true, false), Loss::mse, 30);
  const std::vector<double> theta = normal(random, objective.parameter_count(), 0.5);
  const ExtremeEigenvectors ends = extreme_eigenvectors(objective, theta);
  // Along the two directions the plane's Hessian is diag(λ_min, λ_max).
  const Slice slice{theta, {ends.smallest_direction, ends.largest_direction}};
  const ScanResult result =
      map_of(objective, slice, Points{2, {0.0, 0.0}}, {plane_hessian}, Eigensolver::automatic);
  const auto& h = result.values.at(plane_hessian).data;
  EXPECT_NEAR(h[0], ends.smallest, 1e-13 * ends.largest);
  EXPECT_NEAR(h[1], 0.0, 1e-13 * ends.largest);
  EXPECT_NEAR(h[2], ends.largest, 1e-13 * ends.largest);
  EXPECT_LT(ends.smallest, 0.0);
}

/// Of c·I every pair of orthogonal vectors is right, one vector twice is not; 2202 parameters are
/// more than a dense Hessian is made of.
TEST(ExtremeEigenvectors, AreTwoWhereAllEigenvaluesAreTheSame) {
  Random random(52);
  for (const char* widths : {"2-1", "3-2", "1100-2"}) {
    Objective objective =
        network(random, mlp(widths, Activation::identity, 0.0, true, false), Loss::output, 3);
    for (const char* penalty : {"l2=1e-3", "l2=1"}) {
      objective.penalty.terms = {parse_penalty(penalty)};
      const std::vector<double> theta = normal(random, objective.parameter_count());
      const ExtremeEigenvectors ends = extreme_eigenvectors(objective, theta);
      double square = 0.0;
      double product = 0.0;
      for (std::size_t i = 0; i < theta.size(); ++i) {
        square += ends.largest_direction[i] * ends.largest_direction[i];
        product += ends.largest_direction[i] * ends.smallest_direction[i];
      }
      EXPECT_NEAR(square, 1.0, 1e-13) << widths << " " << penalty;
      EXPECT_NEAR(product, 0.0, 1e-13) << widths << " " << penalty;
      EXPECT_LE(ends.largest - ends.smallest, 2.0 * ends.error);
    }
  }
}

/// exp(x² + y²) curves by 2f around the origin and by (2 + 4r²)f away from it; at (12, 16) its
/// entries have squares that are no numbers, those of a weak penalty have squares that vanish.
TEST(ExtremeEigenvectors, AreThoseOfEntriesWhoseSquaresAreNoNumbers) {
  const Objective steep{landscape("exp-of-square"), {}, {0, 1}, "all"};
  const ExtremeEigenvectors ends = extreme_eigenvectors(steep, std::vector<double>{12.0, 16.0});
  const double f = std::exp(400.0);
  const double error = ends.error / f;
  EXPECT_LT(error, 1e-9);
  EXPECT_NEAR(ends.smallest / f, 2.0, error);
  EXPECT_NEAR(ends.largest / f, 1602.0, error);
  EXPECT_NEAR(std::fabs(ends.largest_direction[0]), 0.6, 1e-12);
  EXPECT_NEAR(std::fabs(ends.smallest_direction[0]), 0.8, 1e-12);

  Random random(53);
  Objective flat =
      network(random, mlp("2-1", Activation::identity, 0.0, true, false), Loss::output, 3);
  flat.penalty.terms = {parse_penalty("l2=1e-170")};
  const std::vector<double> theta = normal(random, flat.parameter_count());
  EXPECT_GE(extreme_eigenvectors(flat, theta).error, 1e-170 * 0x1p-53);
}

TEST(MatrixFree, TakesAHundredThousandParametersWithoutTheirSquare) {
  Random random(61);
  const Objective objective = network(random, mlp("784-126-10", Activation::tanh, 0.0, true, false),
                                      Loss::cross_entropy, 24);
  ASSERT_GT(objective.parameter_count(), 100000);
  Slice slice{normal(random, objective.parameter_count(), 0.05),
              {normal(random, objective.parameter_count(), 0.01)}};
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const ScanResult result = scan(*backend, slice, Points{1, {-1.0, 1.0}},
                                 {min_eigenvalue, min_eigenvalue_error, max_eigenvalue, verdict},
                                 {}, nullptr, {.lanczos_steps = 40});
  for (std::size_t p = 0; p < 2; ++p) {
    EXPECT_EQ(result.values.at(verdict).data[p], static_cast<double>(Verdict::not_convex));
    EXPECT_LE(result.values.at(min_eigenvalue_error).data[p],
              0.1 * result.values.at(max_eigenvalue).data[p]);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LE(usage.ru_maxrss, 2L << 20) << "kibibytes; the matrix alone would be 80 GB";
}

}  // namespace
}  // namespace convexscan
