// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda_on_cpu/device_memory.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/curvature_pass.hpp"
#include "cuda/dense_curvature.hpp"
#include "cuda/device_buffer.hpp"
#include "random_networks.hpp"

namespace convexscan::cuda_on_cpu {
namespace {

const QuantitySet quantities{Quantity::loss,
                             Quantity::accuracy,
                             Quantity::gradient_norm,
                             Quantity::plane_hessian,
                             Quantity::min_eigenvalue,
                             Quantity::min_eigenvalue_error,
                             Quantity::layer_min_eigenvalue};

TEST(DeviceMemory, StartsAsNan) {
  const cuda::DeviceBuffer<double> buffer(3);
  double value = 0.0;
  buffer.download({&value, 1}, nullptr);
  EXPECT_TRUE(std::isnan(value));
}

TEST(DeviceMemory, AFailedAllocationIsOutOfMemory) {
  fail_allocation(2);
  const cuda::DeviceBuffer<double> first(3);
  EXPECT_THROW(cuda::DeviceBuffer<double>(3), OutOfMemory);
  EXPECT_NO_THROW(cuda::DeviceBuffer<double>(3));
}

TEST(DeviceMemory, IsAllGivenBack) {
  const std::int64_t before = live_allocations();
  {
    const Objective objective = random_objective({.widths = "3-5-2"});
    const auto backend = cuda::make_backend(0, objective, Precision::float64);
    scan(*backend, random_slice(objective, 2), random_points(2, 3), quantities);
    EXPECT_GT(live_allocations(), before);
  }
  EXPECT_EQ(live_allocations(), before);
}

TEST(DeviceMemory, IsNotAllocatedTileByTile) {
  const Objective objective = random_objective({.widths = "3-5-2"});
  const auto backend = cuda::make_backend(0, objective, Precision::float64);
  const auto evaluator = backend->evaluator(random_slice(objective, 2), quantities);
  const Points points = random_points(2, 4);
  evaluator->evaluate(points.coordinates, 4);
  const std::int64_t before = allocations();
  evaluator->evaluate(points.coordinates, 4);
  EXPECT_EQ(allocations(), before);
}

TEST(DeviceMemory, AScanGoesOnWithSmallerTilesWhenItRunsOut) {
  const Objective objective = random_objective({.widths = "3-5-2"});
  const Slice slice = random_slice(objective, 2);
  const Points points = random_points(2, 9);
  const auto backend = cuda::make_backend(0, objective, Precision::float64);
  const ValueTable expected = scan(*backend, slice, points, quantities).values;
  const std::int64_t before = allocations();
  backend->evaluator(slice, quantities);
  const std::int64_t for_the_slice = allocations() - before;
  scan(*backend, slice, points, quantities);
  const std::int64_t for_points = allocations() - before - 2 * for_the_slice;
  ASSERT_GT(for_points, 0);
  for (std::int64_t n = 1; n <= for_points; ++n) {
    fail_allocation(for_the_slice + n);
    const ScanResult result = scan(*backend, slice, points, quantities);
    for (const auto& [quantity, values] : expected) {
      EXPECT_EQ(values.data, result.values.at(quantity).data) << info(quantity).name << " " << n;
    }
  }
}

TEST(DeviceMemory, DecidesNoBitOfAnEigenvalue) {
  const Objective objective = random_objective({.widths = "3-5-2"});
  const Slice slice = random_slice(objective, 2);
  const Points points = random_points(2, 9);
  const QuantitySet verdicts{Quantity::verdict, Quantity::settled_by};
  const auto backend = cuda::make_backend(0, objective, Precision::float64);
  const ValueTable expected = scan(*backend, slice, points, quantities).values;
  const ValueTable expected_verdicts = scan(*backend, slice, points, verdicts).values;
  for (const int shift : {10, 20, 23}) {  // a point at once, and a few
    pretend_free(std::size_t{1} << shift);
    const ValueTable values = scan(*backend, slice, points, quantities).values;
    EXPECT_EQ(values.at(Quantity::min_eigenvalue).data, expected.at(Quantity::min_eigenvalue).data);
    EXPECT_EQ(values.at(Quantity::min_eigenvalue_error).data,
              expected.at(Quantity::min_eigenvalue_error).data);
    const ValueTable some = scan(*backend, slice, points, verdicts).values;
    EXPECT_EQ(some.at(Quantity::verdict).data, expected_verdicts.at(Quantity::verdict).data);
    EXPECT_EQ(some.at(Quantity::settled_by).data, expected_verdicts.at(Quantity::settled_by).data);
    pretend_free(usual_free);
  }
}

/// P = 2001 parameters, of which the matrices of a whole 512 × 512 grid would take 8 TiB.
TEST(DeviceMemory, HoldsAsManyMatricesAsAQuarterOfItTakes) {
  const Objective objective =
      random_objective({.widths = "18-100-1", .loss = Loss::mse, .samples = 64});
  ASSERT_EQ(objective.parameter_count(), 2001);
  const cuda::NetworkData<double> data(*objective.network(), nullptr);
  const cuda::DeviceContext context;
  cuda::DenseCurvature dense(objective, data, context, random_slice(objective, 2),
                             {Quantity::min_eigenvalue}, cuda::SpectrumMethod::own);
  const std::int64_t bytes = dense.bytes_per_point();
  EXPECT_GE(bytes, 5 * 2001L * 2001L * 8);  // assembled, extracted, and the solver's workspace
  for (const std::size_t gibibytes : {1U, 8U, 24U, 80U, 139U}) {
    const std::size_t free = gibibytes << 30;
    const std::int64_t points = cuda::matrices_at_once(bytes, free);
    EXPECT_LE(static_cast<std::size_t>(points * bytes), free / 4);
    EXPECT_GT(static_cast<std::size_t>((points + 1) * bytes), free / 4);
    EXPECT_LT(points, 512 * 512);
  }
  EXPECT_EQ(cuda::matrices_at_once(bytes, 1 << 20), 1);  // tried, and told when it does not fit
  EXPECT_EQ(cuda::matrices_at_once(1000, std::size_t{139} << 30), 1024);
  // A tile has no more than its values to keep, and is a small part of such a grid.
  const auto backend = cuda::make_backend(0, objective, Precision::float64);
  const auto evaluator = backend->evaluator(random_slice(objective, 2), {Quantity::min_eigenvalue},
                                            {.eigensolver = Eigensolver::cusolver});
  EXPECT_LE(evaluator->points_per_tile(), 512);
}

TEST(DeviceMemory, APointThatDoesNotFitIsAnError) {
  const Objective objective = random_objective({.widths = "3-5-2"});
  const Slice slice = random_slice(objective, 2);
  const auto backend = cuda::make_backend(0, objective, Precision::float64);
  const std::int64_t before = allocations();
  backend->evaluator(slice, quantities);
  fail_allocation(allocations() - before + 1);
  EXPECT_THROW(scan(*backend, slice, random_points(2, 1), quantities), Error);
}

TEST(DeviceMemory, DataThatDoNotFitAreAnError) {
  const Objective objective = random_objective({.widths = "3-5-2"});
  const std::int64_t before = live_allocations();
  fail_allocation(2);
  EXPECT_THROW(cuda::make_backend(0, objective, Precision::float64), Error);
  const auto backend = cuda::make_backend(0, objective, Precision::float64);
  fail_allocation(3);
  EXPECT_THROW(backend->evaluator(random_slice(objective, 2), quantities), Error);
  std::vector<double> theta(static_cast<std::size_t>(objective.parameter_count()), 1.0);
  std::vector<double> gradient(theta.size());
  fail_allocation(4);
  EXPECT_THROW(backend->gradient(theta, gradient), Error);
  EXPECT_NO_THROW(backend->gradient(theta, gradient));
  EXPECT_GT(live_allocations(), before);
}

}  // namespace
}  // namespace convexscan::cuda_on_cpu
