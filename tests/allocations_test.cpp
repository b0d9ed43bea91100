// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <omp.h>

#include "convexscan/backend.hpp"
#include "counted_allocations.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

using enum Quantity;

/// On one thread, since of two one may begin late.
class Allocations : public testing::Test {
 protected:
  Allocations() { omp_set_num_threads(1); }
  ~Allocations() override { omp_set_num_threads(threads_); }

  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "what the sanitizer's own new gives is not counted";
#endif
  }

  /// What a second call takes for so many points: its results, whose number does not count.
  static std::int64_t taken_by(Evaluator& evaluator, std::int64_t points) {
    const Points at = random_points(2, points);
    evaluator.evaluate(at.coordinates, points);  // room is made once
    const std::int64_t before = allocations();
    evaluator.evaluate(at.coordinates, points);
    return allocations() - before;
  }

  static void expect_no_more_for_more_points(Evaluator& evaluator, std::int64_t few,
                                             const std::string& what) {
    taken_by(evaluator, 2 * few);
    const std::int64_t taken = taken_by(evaluator, few);
    EXPECT_GT(taken, 0);
    EXPECT_EQ(taken_by(evaluator, 2 * few), taken) << what;
  }

 private:
  const int threads_ = omp_get_max_threads();
};

TEST_F(Allocations, AreNoMoreForMorePointsOnACpu) {
  const Objective tanh = random_objective({.widths = "3-9-6-2", .samples = 150});
  const Objective relu = random_objective(
      {.widths = "3-9-6-2", .activation = Activation::relu, .loss = Loss::mse, .samples = 150});
  for (const Objective* const objective : {&tanh, &relu}) {
    const Slice slice = random_slice(*objective, 2);
    const auto backend = make_backend("cpu", *objective, Precision::float64);
    for (const QuantitySet& quantities :
         {QuantitySet{loss}, QuantitySet{loss, accuracy, plane_hessian, gradient_norm},
          QuantitySet{min_eigenvalue, min_eigenvalue_error, max_eigenvalue, negative_count, trace,
                      required_l2, layer_min_eigenvalue, verdict, min_eigenvector},
          QuantitySet{min_eigenvalue, verdict}, QuantitySet{verdict}}) {
      if (quantities.contains(accuracy) && objective == &relu) continue;  // of a regression
      const auto evaluator = backend->evaluator(slice, quantities, {});
      expect_no_more_for_more_points(*evaluator, 300,
                                     fmt::format("{} quantities", quantities.size()));
    }
    const auto single = make_backend("cpu", *objective, Precision::float32);
    expect_no_more_for_more_points(*single->evaluator(slice, {loss}, {}), 300, "float32");
  }
}

TEST_F(Allocations, AreNoMoreForMorePointsWithoutAMatrix) {
  Objective objective = random_objective({.widths = "3-9-6-2", .samples = 150});
  for (const char* const penalty : {"", "l2=0.1"}) {
    if (*penalty != '\0') objective.penalty.terms = {parse_penalty(penalty)};
    const auto backend = make_backend("cpu", objective, Precision::float64);
    for (const QuantitySet& quantities :
         {QuantitySet{min_eigenvalue, min_eigenvalue_error, max_eigenvalue, required_l2},
          QuantitySet{min_eigenvalue, min_eigenvector}, QuantitySet{verdict}}) {
      const auto evaluator = backend->evaluator(random_slice(objective, 2), quantities,
                                                {.eigensolver = Eigensolver::lanczos});
      expect_no_more_for_more_points(*evaluator, 40,
                                     fmt::format("{} quantities, {}", quantities.size(), penalty));
    }
  }
}

/// A segment makes room for itself once; what its places take is the answers alone.
TEST_F(Allocations, AreNoMoreForMorePlacesOnSegments) {
  const Objective objective = random_objective({.widths = "3-9-6-2", .samples = 150});
  const Segments segments{objective.parameter_count(),
                          random_numbers(2 * 7 * objective.parameter_count(), 3)};
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    const auto backend = make_backend("cpu", objective, precision);
    const auto taken_by = [&](std::int64_t places) {
      const std::vector<double> t = Axis{0.0, 1.0, places}.values();
      const std::int64_t before = allocations();
      backend->segment_losses(segments, t);
      return allocations() - before;
    };
    const std::int64_t taken = taken_by(1000);
    EXPECT_GT(taken, 0);
    EXPECT_EQ(taken_by(2000), taken);
  }
}

}  // namespace
}  // namespace convexscan
