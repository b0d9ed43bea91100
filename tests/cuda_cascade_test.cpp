// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "both_backends.hpp"
#include "cpu/cpu_backend.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

using enum Quantity;

const QuantitySet spectral_quantities{min_eigenvalue,   min_eigenvalue_error, max_eigenvalue,
                                      eigenvalue_error, required_l2,          required_l2_error,
                                      verdict};

class CudaCascade : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, CudaCascade, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(CudaCascade, IsSettledByTheSameProofsAsOnTheCpu) {
  std::set<double> stages;
  // Far from the origin its eigenvector says little, and the plane may say more.
  for (const auto& [subset, range] : {std::pair{"all", 1.0}, {"layer:1", 1.0}, {"all", 6.0}}) {
    Objective objective = random_objective({.widths = "3-5-4-2", .samples = 9});
    if (range == 1.0) objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.02}};
    objective.subset = parameter_subset(objective, subset);
    Points points = random_points(2, 40);
    for (double& coordinate : points.coordinates) coordinate *= range;
    const Tables tables =
        evaluate_both(objective, random_slice(objective, 2), points, verdict_quantities, cascade);
    for (std::size_t p = 0; p < 40; ++p) {
      const double stage = value(tables.cpu, settled_by, p);
      EXPECT_EQ(value(tables.cpu, verdict, p), value(tables.cuda, verdict, p)) << p;
      stages.insert(value(tables.cuda, settled_by, p));
      if (stage > static_cast<double>(SettledBy::diagonal)) continue;  // the others are the CPU's
      EXPECT_EQ(value(tables.cuda, settled_by, p), stage) << p;
    }
  }
  for (const SettledBy stage :
       {SettledBy::plane, SettledBy::eigenvector, SettledBy::diagonal, SettledBy::cholesky}) {
    EXPECT_TRUE(stages.contains(static_cast<double>(stage))) << name(stage);
  }
}

/// 253 parameters: more than fit a processor, so that their Hessians are factorised in blocks.
TEST_P(CudaCascade, SettlesWhatDoesNotFitTheChipByFactorisations) {
  Objective objective = random_objective({.widths = "6-14-9-2", .samples = 9});
  std::set<std::pair<double, double>> proofs;  // verdicts and stages
  for (const double penalty : {0.02, 0.3, 3.0}) {
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = penalty}};
    const Slice slice = random_slice(objective, 1);
    const Points points = random_points(1, 6);
    const Tables tables = evaluate_both(objective, slice, points, verdict_quantities, cascade);
    for (std::size_t p = 0; p < 6; ++p) {
      EXPECT_EQ(value(tables.cpu, verdict, p), value(tables.cuda, verdict, p)) << p;
      EXPECT_NE(value(tables.cuda, settled_by, p), static_cast<double>(SettledBy::dense)) << p;
      proofs.emplace(value(tables.cuda, verdict, p), value(tables.cuda, settled_by, p));
    }
    expect_same_bits_for_tiles(objective, Precision::float64, slice, points, verdict_quantities,
                               cascade, {1, 4});
  }
  for (const Verdict v : {Verdict::locally_convex, Verdict::not_convex}) {
    EXPECT_TRUE(proofs.contains({static_cast<double>(v), static_cast<double>(SettledBy::cholesky)}))
        << static_cast<int>(v);
  }
}

/// λ_min alone, by Lanczos, a factorisation and inverse iteration: the CPU's within both bounds,
/// and the whole spectrum's.
TEST_P(CudaCascade, FindsTheSmallestEigenvalueAlone) {
  const QuantitySet quantities{min_eigenvalue,  min_eigenvalue_error,  verdict,
                               settled_by,      required_l2,           required_l2_error,
                               min_eigenvector, min_eigenvector_error, loss};
  int alone = 0;
  int all = 0;
  for (const char* widths : {"6-14-9-2", "3-4-2", "1-1"}) {
    for (const Activation activation : {Activation::tanh, Activation::relu}) {
      Objective objective =
          random_objective({.widths = widths, .activation = activation, .samples = 40});
      objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.01}};
      const Slice slice = random_slice(objective, 2);
      const Points points = random_points(2, 3);
      const Tables tables = evaluate_both(objective, slice, points, quantities, cascade);
      const ValueTable spectrum = make_tested_cuda(objective, Precision::float64)
                                      ->evaluator(slice, spectral_quantities, dense)
                                      ->evaluate(points.coordinates, points.count());
      for (const ValueTable* other : {&tables.cpu, &spectrum}) {
        for (std::size_t p = 0; p < 3; ++p) {
          expect_within(value(*other, min_eigenvalue, p), value(tables.cuda, min_eigenvalue, p),
                        bounds(*other, tables.cuda, min_eigenvalue_error, p), "min_eigenvalue");
          expect_within(value(*other, required_l2, p), value(tables.cuda, required_l2, p),
                        bounds(*other, tables.cuda, required_l2_error, p), "required_l2");
          EXPECT_NE(value(*other, verdict, p) * value(tables.cuda, verdict, p), 2.0);
        }
      }
      for (std::size_t p = 0; p < 3; ++p) {
        // Never wider than the whole spectrum's plain bound, of which the solver's term is a part.
        EXPECT_LE(value(tables.cuda, min_eigenvalue_error, p),
                  2.0 * value(spectrum, eigenvalue_error, p));
        EXPECT_EQ(value(tables.cpu, loss, p) > 0.0, value(tables.cuda, loss, p) > 0.0);
        ++all;
        const double stage = value(tables.cuda, settled_by, p);
        if (stage != static_cast<double>(SettledBy::dense)) ++alone;
      }
      expect_same_bits_for_tiles(objective, Precision::float64, slice, points, quantities, cascade,
                                 {1, 2});
    }
  }
  EXPECT_GT(alone, all / 2);
}

TEST_P(CudaCascade, SaysByWhatEigenvaluesAreFound) {
  const auto chosen = [&](const char* widths, const QuantitySet& quantities,
                          const EvaluationOptions& options = {}) {
    const Objective objective = random_objective({.widths = widths});
    return make_tested_cuda(objective, Precision::float64)
        ->evaluator(random_slice(objective, 1), quantities, options)
        ->eigensolver();
  };
  const EigensolverChoice large = chosen("6-14-9-2", {min_eigenvalue, verdict});
  EXPECT_EQ(large.eigensolver, Eigensolver::cascade);
  EXPECT_EQ(large.reason, "auto: only the smallest eigenvalue is asked for");
  EXPECT_EQ(large.described(), "cascade");
  EXPECT_EQ(chosen("6-14-9-2", {min_eigenvalue, trace}).described(), "cusolver");
  // A processor's memory holds these.
  EXPECT_EQ(chosen("3-4-2", {min_eigenvalue, verdict}).described(), "packed");
  EXPECT_EQ(chosen("3-4-2", {min_eigenvalue, verdict}, dense).described(), "cusolver");
}

}  // namespace
}  // namespace convexscan
