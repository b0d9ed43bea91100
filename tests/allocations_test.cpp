// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include "convexscan/backend.hpp"
#include "counted_allocations.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

using enum Quantity;

/// What a call takes for its results does not count with their number.
TEST(Allocations, AreNoMoreForMorePointsOnACpu) {
  const Objective tanh = random_objective({.widths = "3-9-5-2", .samples = 200});
  const Objective relu = random_objective(
      {.widths = "3-9-5-2", .activation = Activation::relu, .loss = Loss::mse, .samples = 200});
  for (const Objective* const objective : {&tanh, &relu}) {
    const Slice slice = random_slice(*objective, 2);
    const auto backend = make_backend("cpu", *objective, Precision::float64);
    for (const QuantitySet& quantities :
         {QuantitySet{loss}, QuantitySet{loss, plane_hessian},
          QuantitySet{min_eigenvalue, min_eigenvalue_error, max_eigenvalue, negative_count, trace,
                      required_l2, verdict}}) {
      const auto evaluator = backend->evaluator(slice, quantities, {});
      const auto taken_by = [&](std::int64_t points) {
        const Points at = random_points(2, points);
        evaluator->evaluate(at.coordinates, points);  // room is made once
        const std::int64_t before = allocations();
        evaluator->evaluate(at.coordinates, points);
        return allocations() - before;
      };
      const std::int64_t few = taken_by(16);
      EXPECT_GT(few, 0);
      EXPECT_EQ(taken_by(160), few);
    }
  }
}

}  // namespace
}  // namespace convexscan
