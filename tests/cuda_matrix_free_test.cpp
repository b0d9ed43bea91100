// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "both_backends.hpp"
#include "convexscan/error.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

using enum Quantity;

const QuantitySet matrix_free_quantities{min_eigenvalue, min_eigenvalue_error,
                                         max_eigenvalue, max_eigenvalue_error,
                                         required_l2,    verdict,
                                         settled_by};

class CudaMatrixFree : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, CudaMatrixFree, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(CudaMatrixFree, IsTheCpusWithinResiduals) {
  int count = 0;
  for (const Activation activation : {Activation::tanh, Activation::gelu, Activation::relu}) {
    for (const char* subset : {"all", "last"}) {
      for (const bool residual : {false, true}) {
        Objective objective = random_objective(
            {.widths = "3-6-6-2", .activation = activation, .residual = residual, .samples = 40});
        objective.subset = parameter_subset(objective, subset);
        if (count++ % 2 == 0) objective.penalty.terms = {{.value = 0.05}};
        SCOPED_TRACE(objective.description());
        const Points points = random_points(2, 3);
        const Slice slice = random_slice(objective, 2);
        const Tables tables =
            evaluate_both(objective, slice, points, matrix_free_quantities, lanczos);
        const Tables spectra =
            evaluate_both(objective, slice, points, matrix_free_quantities, dense);
        for (std::size_t p = 0; p < 3; ++p) {
          const double error = value(tables.cuda, min_eigenvalue_error, p);
          ASSERT_GT(error, 0.0);
          ASSERT_LE(error, 1e-5 * value(spectra.cpu, max_eigenvalue, p));
          expect_within(value(tables.cpu, min_eigenvalue, p), value(tables.cuda, min_eigenvalue, p),
                        error + value(tables.cpu, min_eigenvalue_error, p), "min_eigenvalue");
          expect_within(value(spectra.cpu, min_eigenvalue, p),
                        value(tables.cuda, min_eigenvalue, p),
                        error + value(spectra.cpu, min_eigenvalue_error, p), "min_eigenvalue");
          // Both ends have converged to the same residual.
          expect_within(value(tables.cpu, max_eigenvalue, p), value(tables.cuda, max_eigenvalue, p),
                        2.0 * error + value(tables.cpu, min_eigenvalue_error, p), "max_eigenvalue");
          ASSERT_EQ(value(tables.cpu, verdict, p), value(tables.cuda, verdict, p));
          ASSERT_NE(value(tables.cuda, verdict, p), static_cast<double>(Verdict::locally_convex));
          ASSERT_EQ(value(tables.cuda, settled_by, p), value(tables.cpu, settled_by, p));
          // The same bound on the products' rounding, up to how many samples are added at once.
          const double largest_error = value(tables.cuda, max_eigenvalue_error, p);
          ASSERT_LE(largest_error, 1e-5 * value(spectra.cpu, max_eigenvalue, p));
          expect_within(value(spectra.cpu, max_eigenvalue, p),
                        value(tables.cuda, max_eigenvalue, p),
                        largest_error + value(spectra.cpu, max_eigenvalue_error, p),
                        "max_eigenvalue of the spectrum");
        }
      }
    }
  }
}

/// The verdict alone, by the cheapest proof: Lanczos sees all of so small a spectrum, so that it is
/// the one that values give, here and on the CPU.
TEST_P(CudaMatrixFree, VerdictsAloneAreThoseOfTheValues) {
  const QuantitySet alone{verdict, settled_by};
  std::set<double> stages;
  for (const Activation activation : {Activation::tanh, Activation::relu}) {
    for (const char* subset : {"all", "last"}) {
      Objective objective = random_objective(
          {.widths = "3-6-6-2", .activation = activation, .loss = Loss::mse, .samples = 40});
      objective.subset = parameter_subset(objective, subset);
      if (activation == Activation::relu) objective.penalty.terms = {{.value = 0.05}};
      SCOPED_TRACE(objective.description());
      Points points = random_points(2, 12);
      // Far from the origin its eigenvector says little, and the plane may say more.
      if (objective.penalty.empty()) {
        for (double& coordinate : points.coordinates) coordinate *= 6.0;
      }
      const Slice slice = random_slice(objective, 2);
      const Tables found = evaluate_both(objective, slice, points, alone, lanczos);
      const Tables values =
          evaluate_both(objective, slice, points, matrix_free_quantities, lanczos);
      for (std::size_t p = 0; p < 12; ++p) {
        ASSERT_EQ(value(found.cuda, verdict, p), value(values.cuda, verdict, p));
        ASSERT_EQ(value(found.cuda, verdict, p), value(found.cpu, verdict, p));
        const double stage = value(found.cuda, settled_by, p);
        ASSERT_EQ(value(found.cuda, verdict, p) == static_cast<double>(Verdict::not_convex),
                  stage != static_cast<double>(SettledBy::nothing));
        stages.insert(stage);
      }
      expect_same_bits_for_tiles(objective, Precision::float64, slice, points, alone, lanczos,
                                 {1, 5});
    }
  }
  EXPECT_TRUE(stages.contains(static_cast<double>(SettledBy::plane)));
  EXPECT_TRUE(stages.contains(static_cast<double>(SettledBy::eigenvector)));
  EXPECT_TRUE(stages.contains(static_cast<double>(SettledBy::lanczos)));
}

TEST_P(CudaMatrixFree, IsUsedAboveTheDenseLimit) {
  const Objective objective = random_objective({.samples = 5});
  const Slice slice = random_slice(objective, 1);
  const Points points = random_points(1, 5);
  const auto at = [&](const EvaluationOptions& options) {
    return make_tested_cuda(objective, Precision::float64)
        ->evaluator(slice, matrix_free_quantities, options)
        ->evaluate(points.coordinates, points.count());
  };
  const ValueTable asked = at(lanczos);
  const ValueTable automatic = at({.dense_limit = 3});
  EXPECT_EQ(asked.at(min_eigenvalue).data, automatic.at(min_eigenvalue).data);
  expect_same_bits_for_tiles(objective, Precision::float64, slice, points, matrix_free_quantities,
                             lanczos, {1, 2});
}

TEST_P(CudaMatrixFree, HasNoNumberWhereTheLossIsNotFinite) {
  const Objective objective = random_objective(
      {.widths = "3-5-2", .activation = Activation::relu, .loss = Loss::mse, .samples = 10});
  const Points far{1, {0.0, 1e200, 1e308}};
  const ValueTable table =
      make_tested_cuda(objective, Precision::float64)
          ->evaluator(random_slice(objective, 1), matrix_free_quantities, lanczos)
          ->evaluate(far.coordinates, far.count());
  EXPECT_TRUE(std::isfinite(value(table, min_eigenvalue, 0)));
  for (const std::size_t p : {1, 2}) {
    EXPECT_FALSE(std::isfinite(value(table, min_eigenvalue, p)));
    EXPECT_EQ(value(table, verdict, p), static_cast<double>(Verdict::undecided));
  }
}

TEST_P(CudaMatrixFree, SaysWhatLanczosDoesNotGive) {
  const Objective objective = random_objective({.samples = 5});
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  const Slice slice = random_slice(objective, 1);
  for (const Quantity quantity : {trace, negative_count, layer_min_eigenvalue}) {
    EXPECT_THROW(cuda->evaluator(slice, {quantity}, lanczos), UsageError);
  }
}

}  // namespace
}  // namespace convexscan
