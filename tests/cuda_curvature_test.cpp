// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "both_backends.hpp"
#include "convexscan/error.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/point_curvature.hpp"
#include "curvature_problems.hpp"
#include "network_shapes.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

using enum Quantity;

const QuantitySet curvature_quantities{min_eigenvalue,
                                       min_eigenvalue_error,
                                       max_eigenvalue,
                                       negative_count,
                                       trace,
                                       layer_min_eigenvalue,
                                       required_l2,
                                       verdict,
                                       near_zero_count,
                                       positive_count,
                                       settled_by,
                                       eigenvalue_error,
                                       max_eigenvalue_error,
                                       trace_error,
                                       required_l2_error,
                                       layer_min_eigenvalue_error,
                                       min_eigenvector,
                                       min_eigenvector_error};

constexpr EvaluationOptions on_chip{};  // these matrices are all small enough

class CudaCurvature : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, CudaCurvature, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

void expect_same_point(const ValueTable& cpu, const ValueTable& cuda, std::size_t p, double size) {
  const double refined = bounds(cpu, cuda, min_eigenvalue_error, p);
  const double plain = value(cpu, eigenvalue_error, p) + value(cuda, eigenvalue_error, p);
  ASSERT_GT(plain, 0.0);
  ASSERT_LE(value(cuda, eigenvalue_error, p), 4.0 * value(cpu, eigenvalue_error, p));
  ASSERT_GE(value(cuda, eigenvalue_error, p), 0.5 * value(cpu, eigenvalue_error, p));
  ASSERT_LE(value(cuda, min_eigenvalue_error, p), value(cuda, eigenvalue_error, p));
  expect_within(value(cpu, min_eigenvalue, p), value(cuda, min_eigenvalue, p), refined,
                "min_eigenvalue");
  expect_within(value(cpu, max_eigenvalue, p), value(cuda, max_eigenvalue, p),
                bounds(cpu, cuda, max_eigenvalue_error, p), "max_eigenvalue");
  expect_within(value(cpu, trace, p), value(cuda, trace, p), bounds(cpu, cuda, trace_error, p),
                "trace");
  ASSERT_LE(value(cuda, trace_error, p), size * plain);
  if (value(cpu, required_l2, p) != value(cuda, required_l2, p)) {  // infinities are equal
    expect_within(value(cpu, required_l2, p), value(cuda, required_l2, p),
                  bounds(cpu, cuda, required_l2_error, p), "required_l2");
  }
  const auto layers = static_cast<std::size_t>(cpu.at(layer_min_eigenvalue).components);
  for (std::size_t l = 0; l < layers; ++l) {
    expect_within(value(cpu, layer_min_eigenvalue, p * layers + l),
                  value(cuda, layer_min_eigenvalue, p * layers + l),
                  bounds(cpu, cuda, layer_min_eigenvalue_error, p * layers + l),
                  "layer_min_eigenvalue");
  }
  const double verdicts = value(cpu, verdict, p) * value(cuda, verdict, p);
  ASSERT_NE(verdicts, 2.0) << "one says convex, the other not";
  for (const ValueTable* table : {&cpu, &cuda}) {
    ASSERT_EQ(value(*table, negative_count, p) + value(*table, near_zero_count, p) +
                  value(*table, positive_count, p),
              size);
  }
  ASSERT_LE(value(cuda, negative_count, p),
            value(cpu, negative_count, p) + value(cpu, near_zero_count, p));
  ASSERT_LE(value(cpu, negative_count, p),
            value(cuda, negative_count, p) + value(cuda, near_zero_count, p));
  ASSERT_EQ(value(cuda, settled_by, p), static_cast<double>(SettledBy::dense));
}

void expect_same(const Objective& objective, const Slice& slice, const Points& points) {
  SCOPED_TRACE(objective.description());
  const Tables tables = evaluate_both(objective, slice, points, curvature_quantities, dense);
  const ValueTable chip = make_tested_cuda(objective, Precision::float64)
                              ->evaluator(slice, curvature_quantities, on_chip)
                              ->evaluate(points.coordinates, points.count());
  for (const ValueTable* cuda : {&tables.cuda, &chip}) {
    ASSERT_EQ(tables.cpu.size(), cuda->size());
    for (std::size_t p = 0; p < static_cast<std::size_t>(points.count()); ++p) {
      expect_same_point(tables.cpu, *cuda, p, static_cast<double>(objective.subset.size()));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  // The two cascades take different ways; what they prove cannot differ.
  const Tables verdicts = evaluate_both(objective, slice, points, verdict_quantities, cascade);
  for (std::size_t p = 0; p < static_cast<std::size_t>(points.count()); ++p) {
    ASSERT_NE(value(verdicts.cuda, verdict, p) * value(tables.cpu, verdict, p), 2.0);
    ASSERT_NE(value(verdicts.cuda, verdict, p) * value(verdicts.cpu, verdict, p), 2.0);
  }
}

TEST_P(CudaCurvature, IsTheCpusForEveryActivationLossAndShape) {
  testing_objectives::Random random(3);
  int count = 0;
  for (int activation = 0; activation <= static_cast<int>(Activation::sin); ++activation) {
    for (int loss = 0; loss <= static_cast<int>(Loss::output); ++loss) {
      for (const NetworkShape shape :
           {NetworkShape::plain, NetworkShape::residual, NetworkShape::no_bias,
            NetworkShape::subset, NetworkShape::dropout}) {
        Objective objective = testing_objectives::network(
            random, network_of(static_cast<Activation>(activation), shape), static_cast<Loss>(loss),
            5);
        if (shape == NetworkShape::subset) objective.subset = network_subset();
        const Slice slice = testing_objectives::plane(random, objective.parameter_count());
        expect_same(objective, slice, random_points(2, 1 + count++ % 2));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CudaCurvature, IsTheCpusForAnyNumberOfSamplesAndAxes) {
  for (const std::int64_t samples : {1, 63, 65, 257}) {
    for (const int axes : {0, 1, 2}) {
      const Objective objective = random_objective({.widths = "3-5-2", .samples = samples});
      expect_same(objective, random_slice(objective, axes), random_points(axes, 2));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CudaCurvature, IsTheCpusForOneAndTwoParameters) {
  for (const char* widths : {"1-1", "2-1", "1-1-1"}) {
    const Objective objective =
        random_objective({.widths = widths, .bias = false, .loss = Loss::mse, .samples = 7});
    expect_same(objective, random_slice(objective, 1), random_points(1, 3));
    if (HasFatalFailure()) return;
  }
}

TEST_P(CudaCurvature, IsTheCpusForLayersWiderThanATile) {
  // More tangents than are carried at once, and more columns and rows than a tile of the products.
  for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
    const Objective objective = random_objective({.widths = "2-35-2", .loss = loss, .samples = 3});
    expect_same(objective, random_slice(objective, 2), random_points(2, 1));
    if (HasFatalFailure()) return;
  }
}

TEST_P(CudaCurvature, IsTheCpusWithPenaltiesAndSubsets) {
  using Kind = PenaltyTerm::Kind;
  for (const char* subset : {"all", "last", "biases", "layer:1", "weights"}) {
    for (const Kind kind : {Kind::l2, Kind::l2_graded, Kind::l1, Kind::lp}) {
      Objective objective = random_objective({.widths = "3-4-2", .samples = 6});
      objective.penalty.terms = {{.kind = kind, .value = 0.3, .exponent = 0.5}};
      objective.penalty.centre = random_numbers(objective.parameter_count(), 17);
      objective.subset = parameter_subset(objective, subset);
      expect_same(objective, random_slice(objective, 2), random_points(2, 2));
      if (HasFatalFailure()) return;
    }
  }
}

/// Every unit vector is an eigenvector of a multiple of the identity.
TEST_P(CudaCurvature, StoresAVectorWhereTheHessianIsAMultipleOfTheIdentity) {
  Objective objective = random_objective(
      {.widths = "3-2", .activation = Activation::identity, .loss = Loss::output, .samples = 9});
  for (const double penalty : {1e-12, 1e-3, 1.0}) {
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = penalty}};
    for (const EvaluationOptions& options :
         {dense, on_chip, EvaluationOptions{.eigensolver = Eigensolver::lanczos}}) {
      const Tables tables =
          evaluate_both(objective, random_slice(objective, 2), random_points(2, 4),
                        {min_eigenvalue, min_eigenvector}, options);
      for (const ValueTable* const table : {&tables.cpu, &tables.cuda}) {
        const auto size = static_cast<std::size_t>(objective.parameter_count());
        for (std::size_t p = 0; p < 4; ++p) {
          double square = 0.0;
          for (std::size_t i = 0; i < size; ++i) {
            square += std::pow(table->at(min_eigenvector).data[p * size + i], 2);
          }
          EXPECT_NEAR(square, 1.0, 1e-13)
              << (table == &tables.cpu ? "cpu" : "cuda") << " " << penalty;
        }
      }
    }
  }
}

/// vᵀHv along the stored vector is λ_min, as the CPU's second derivatives along a line say too.
TEST_P(CudaCurvature, StoresTheEigenvectorOfTheSmallestEigenvalue) {
  for (const char* subset : {"all", "layer:2"}) {
    Objective objective = random_objective({.widths = "3-5-2", .loss = Loss::mse, .samples = 9});
    objective.subset = parameter_subset(objective, subset);
    const Slice slice = random_slice(objective, 2);
    const QuantitySet quantities{min_eigenvalue, min_eigenvalue_error, min_eigenvector,
                                 min_eigenvector_error};
    for (const EvaluationOptions& options :
         {dense, on_chip, EvaluationOptions{.eigensolver = Eigensolver::lanczos}}) {
      const Points points = random_points(2, 4);
      const Tables tables = evaluate_both(objective, slice, points, quantities, options);
      const auto size = static_cast<std::size_t>(objective.parameter_count());
      for (std::size_t p = 0; p < 4; ++p) {
        const double* const entries = tables.cuda.at(min_eigenvector).data.data() + p * size;
        const std::vector<double> vector(entries, entries + size);
        double square = 0.0;
        double largest = 0.0;
        for (const double v : vector) {
          square += v * v;
          if (std::fabs(v) > std::fabs(largest)) largest = v;
        }
        EXPECT_NEAR(square, 1.0, 1e-14);
        EXPECT_GT(largest, 0.0);
        const Slice along{slice.at({points.coordinates.data() + 2 * p, 2}), {vector}};
        const double bent = cpu::make_backend(objective, Precision::float64)
                                ->evaluator(along, {plane_hessian})
                                ->evaluate(std::vector<double>{0.0}, 1)
                                .at(plane_hessian)
                                .data[0];
        EXPECT_LE(std::fabs(bent - value(tables.cuda, min_eigenvalue, p)),
                  value(tables.cuda, min_eigenvector_error, p) + 1e-12);
      }
    }
  }
}

/// A sample of zeros, with and without biases to move its pre-activations, and zero weights.
TEST_P(CudaCurvature, FindsTheKinksThatTheCpuFinds) {
  testing_objectives::Random random(8);
  int kinks = 0;
  int others = 0;
  for (const Activation activation :
       {Activation::relu, Activation::leaky_relu, Activation::elu, Activation::tanh}) {
    for (const bool bias : {true, false}) {
      for (const bool silent : {true, false}) {
        Objective objective = testing_objectives::network(
            random, mlp("3-4-3-2", activation, 0.3, bias, false), Loss::mse, 6);
        auto& task = std::get<NetworkTask>(objective.task);
        std::fill_n(task.inputs.begin() + 6, 3, 0.0);
        objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 8.0}};
        Slice slice{std::vector<double>(static_cast<std::size_t>(objective.parameter_count())), {}};
        if (!silent) {
          slice = {random_numbers(objective.parameter_count(), 3), {}};
          if (bias) std::fill_n(slice.origin.begin() + 12, 4, 0.0);
        }
        for (const EvaluationOptions& options : {dense, on_chip, cascade}) {
          const bool signs = options.eigensolver == Eigensolver::cascade;
          const Tables tables =
              evaluate_both(objective, slice, Points{},
                            signs ? verdict_quantities : curvature_quantities, options);
          const bool kink =
              value(tables.cpu, settled_by, 0) == static_cast<double>(SettledBy::kink);
          EXPECT_EQ(value(tables.cuda, settled_by, 0) == static_cast<double>(SettledBy::kink),
                    kink);
          EXPECT_EQ(value(tables.cuda, verdict, 0), value(tables.cpu, verdict, 0));
          EXPECT_EQ(kink, activation != Activation::tanh && (silent || bias));
          ++(kink ? kinks : others);
        }
      }
    }
  }
  EXPECT_GT(kinks, 10);
  EXPECT_GT(others, 10);
}

TEST_P(CudaCurvature, IsFloat64WhateverThePrecision) {
  const Objective objective = random_objective({.samples = 5});
  const Slice slice = random_slice(objective, 2);
  const Points points = random_points(2, 2);
  const auto at = [&](Precision precision) {
    return make_tested_cuda(objective, precision)
        ->evaluator(slice, curvature_quantities, dense)
        ->evaluate(points.coordinates, points.count())
        .at(min_eigenvalue)
        .data;
  };
  EXPECT_EQ(at(Precision::float64), at(Precision::float32));
}

TEST_P(CudaCurvature, IsTheCpusOnEveryLandscape) {
  for (const Landscape& landscape : landscapes()) {
    const Objective objective = landscape_objective(landscape);
    const Points points = random_points(2, 3);
    const Tables tables = evaluate_both(objective, random_slice(objective, 2), points,
                                        {min_eigenvalue, verdict, loss}, dense);
    EXPECT_EQ(tables.cpu.at(min_eigenvalue).data, tables.cuda.at(min_eigenvalue).data);
    EXPECT_EQ(tables.cpu.at(verdict).data, tables.cuda.at(verdict).data);
  }
}

TEST_P(CudaCurvature, HasTheSameBitsForAnyTile) {
  const Objective objective = random_objective({.widths = "2-3-2", .samples = 70});
  for (const auto& [quantities, options] :
       {std::pair{curvature_quantities, dense}, std::pair{curvature_quantities, on_chip},
        std::pair{verdict_quantities, cascade}}) {
    expect_same_bits_for_tiles(objective, Precision::float64, random_slice(objective, 2),
                               random_points(2, 7), quantities, options, {1, 4});
  }
}

TEST_P(CudaCurvature, OfSoftmaxRegressionIsNeverNegative) {
  const Objective objective = random_objective({.widths = "4-3", .samples = 40});
  const Slice slice = random_slice(objective, 2);
  const Points points = random_points(2, 9);
  for (const EvaluationOptions& options : {dense, on_chip, cascade}) {
    const ValueTable table = make_tested_cuda(objective, Precision::float64)
                                 ->evaluator(slice, verdict_quantities, options)
                                 ->evaluate(points.coordinates, points.count());
    for (const double v : table.at(verdict).data) {
      EXPECT_EQ(v, static_cast<double>(Verdict::undecided));  // the softmax is shift-invariant
    }
  }
}

TEST_P(CudaCurvature, KeepsAFiniteHessianWithoutAFiniteBound) {
  for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
    const Objective objective = random_objective({.widths = "3-4-2", .loss = loss});
    Slice slice{random_numbers(objective.parameter_count(), 1), {}};
    for (double& w : slice.origin) w *= loss == Loss::mse ? 1e120 : 1e155;
    const Tables tables = evaluate_both(objective, slice, Points{}, curvature_quantities, dense);
    for (const ValueTable* table : {&tables.cpu, &tables.cuda}) {
      EXPECT_TRUE(std::isfinite(value(*table, min_eigenvalue, 0)));
      EXPECT_TRUE(std::isfinite(value(*table, trace, 0)));
      for (const Quantity error : {min_eigenvalue_error, max_eigenvalue_error, eigenvalue_error,
                                   trace_error, required_l2_error, layer_min_eigenvalue_error}) {
        EXPECT_EQ(value(*table, error, 0), INFINITY) << info(error).name;
      }
      EXPECT_EQ(value(*table, near_zero_count, 0), 26.0);
      EXPECT_EQ(value(*table, negative_count, 0) + value(*table, positive_count, 0), 0.0);
      EXPECT_EQ(value(*table, verdict, 0), static_cast<double>(Verdict::undecided));
      EXPECT_EQ(value(*table, settled_by, 0), static_cast<double>(SettledBy::nothing));
    }
    // Two solvers, each with an error of up to (32 + 2√26)·u·‖H‖.
    EXPECT_LE(
        std::fabs(value(tables.cpu, min_eigenvalue, 0) - value(tables.cuda, min_eigenvalue, 0)),
        1e-14 * value(tables.cpu, max_eigenvalue, 0));
  }
}

/// The first pre-activation is 0.14 of the smallest number there is, which rounds to 0 or to that
/// number, and later weights make a loss of ½ of it: λ_min is −1.4e-31, what is computed 9e-32.
TEST_P(CudaCurvature, DecidesNothingWhereWeightsMagnifyWhatUnderflowed) {
  constexpr double smallest = std::numeric_limits<double>::denorm_min();
  Dataset data;
  data.samples = 1;
  data.features = 1;
  data.inputs = {1e-160};
  data.targets = {0.0};
  data.target_width = 1;
  Objective objective{
      network_task(mlp("1-1-1-1-1", Activation::tanh, 0.0, false, false), data, Loss::mse, {}),
      {},
      {2},
      "layer:3"};
  const Slice slice{{6.9e-164, 1e308, 0.55 / (1e308 * smallest), 1.0}, {}};
  for (const EvaluationOptions& options : {dense, on_chip, cascade}) {
    for (const bool values : {true, false}) {
      const Tables tables = evaluate_both(
          objective, slice, Points{}, values ? curvature_quantities : verdict_quantities, options);
      for (const ValueTable* table : {&tables.cpu, &tables.cuda}) {
        EXPECT_EQ(value(*table, verdict, 0), static_cast<double>(Verdict::undecided));
        if (!values) continue;
        EXPECT_EQ(value(*table, min_eigenvalue_error, 0), INFINITY);
      }
    }
  }
}

TEST_P(CudaCurvature, IsNothingWhereTheLossIsNotFinite) {
  const Objective objective = random_objective(
      {.widths = "3-5-2", .activation = Activation::relu, .loss = Loss::mse, .samples = 10});
  const Points far{1, {0.0, 1e200, 1e308}};
  const ValueTable table = make_tested_cuda(objective, Precision::float64)
                               ->evaluator(random_slice(objective, 1), curvature_quantities, dense)
                               ->evaluate(far.coordinates, far.count());
  EXPECT_TRUE(std::isfinite(value(table, min_eigenvalue, 0)));
  for (const std::size_t p : {1, 2}) {
    EXPECT_TRUE(std::isnan(value(table, min_eigenvalue, p)));
    EXPECT_EQ(value(table, verdict, p), static_cast<double>(Verdict::undecided));
  }
}

}  // namespace
}  // namespace convexscan
