// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include "cuda/cuda_backend.hpp"
#include "cuda_on_cpu/device_memory.hpp"
#include "random_networks.hpp"

namespace convexscan::cuda {
namespace {

/// What src/cuda/device_verdicts.hpp says of lists on the host: Hessians of P² numbers stay where
/// they are, a point costs a few bounds and coordinates for each stage.
TEST(DeviceVerdicts, CopyLessThanTheSizeOfOneRowOfAHessian) {
  const Objective objective =
      random_objective({.widths = "4-8-8-1", .loss = Loss::mse, .samples = 20});
  const Slice slice = random_slice(objective, 2);
  const auto backend = make_backend(0, objective, Precision::float64);
  const auto evaluator = backend->evaluator(slice, {Quantity::verdict, Quantity::settled_by});
  const auto copied_for = [&](std::int64_t count) {
    const Points points = random_points(2, count);
    const std::int64_t before = cuda_on_cpu::copied_bytes();
    evaluator->evaluate(points.coordinates, count);
    return cuda_on_cpu::copied_bytes() - before;
  };
  copied_for(30);
  const std::int64_t a_point = (copied_for(30) - copied_for(10)) / 20;
  const std::int64_t row = static_cast<std::int64_t>(sizeof(double)) * objective.parameter_count();
  EXPECT_LE(a_point, 256);
  EXPECT_LT(a_point, row);
}

}  // namespace
}  // namespace convexscan::cuda
