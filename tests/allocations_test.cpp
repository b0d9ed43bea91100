// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>
#include <omp.h>

#include "convexscan/backend.hpp"
#include "counted_allocations.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

using enum Quantity;

/// What a call takes for its results does not count with their number; on one thread, since of two
/// one may begin late.
TEST(Allocations, AreNoMoreForMorePointsOnACpu) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
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
      const auto taken_by = [&](std::int64_t points) {
        const Points at = random_points(2, points);
        evaluator->evaluate(at.coordinates, points);  // room is made once
        const std::int64_t before = allocations();
        evaluator->evaluate(at.coordinates, points);
        return allocations() - before;
      };
      taken_by(600);
      const std::int64_t few = taken_by(300);
      EXPECT_GT(few, 0);
      EXPECT_EQ(taken_by(600), few) << quantities.size() << " quantities";
    }
  }
  omp_set_num_threads(threads);
}

}  // namespace
}  // namespace convexscan
