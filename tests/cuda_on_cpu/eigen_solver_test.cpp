// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/eigen_solver.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "cuda_on_cpu/device_memory.hpp"
#include "cuda_on_cpu/eigen_solvers.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

/// Eigenvalues of random matrices, solved in calls of at most so many elements.
struct Solved {
  std::vector<double> values;
  std::vector<int> failed;
  std::int64_t calls;
};

Solved solve(std::int64_t n, std::int64_t batch, std::int64_t most_elements) {
  cuda::EigenSolver solver(nullptr, most_elements);
  cuda::DeviceBuffer<double> matrices(random_numbers(batch * n * n, 5), nullptr);
  cuda::DeviceBuffer<double> values(batch * n);
  cuda::DeviceBuffer<int> failed(batch);
  solver.solve(matrices.data(), n, batch, false, values.data(), failed.data());
  Solved solved{std::vector<double>(static_cast<std::size_t>(batch * n)),
                std::vector<int>(static_cast<std::size_t>(batch)), solver.calls()};
  values.download(solved.values, nullptr);
  failed.download(solved.failed, nullptr);
  return solved;
}

TEST(EigenSolver, ReadsTheLowerTriangle) {
  cuda::EigenSolver solver(nullptr);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  // [[1, 2], [2, 1]]
  cuda::DeviceBuffer<double> matrix(std::vector<double>{1.0, nan, 2.0, 1.0}, nullptr);
  cuda::DeviceBuffer<double> values(2);
  cuda::DeviceBuffer<int> failed(1);
  solver.solve(matrix.data(), 2, 1, true, values.data(), failed.data());
  EXPECT_NEAR(values.data()[0], -1.0, 1e-15);
  EXPECT_NEAR(values.data()[1], 3.0, 1e-15);
  EXPECT_NEAR(std::fabs(matrix.data()[0]), std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(matrix.data()[0], -matrix.data()[1], 1e-15);  // row 0 belongs to value 0
}

/// Sizes for each of the two routines of the library.
constexpr std::int64_t both_sizes[] = {3, cuda::most_jacobi + 1};

TEST(EigenSolver, CutsABatchToWhatTheLibraryCounts) {
  for (const std::int64_t n : both_sizes) {
    const Solved whole = solve(n, 7, 1 << 30);
    EXPECT_EQ(whole.calls, 1);
    for (const std::int64_t most : {1, 2, 6}) {
      const Solved cut = solve(n, 7, most * n * n + 2);
      EXPECT_EQ(cut.calls, (7 + most - 1) / most);
      EXPECT_EQ(cut.values, whole.values);
      EXPECT_EQ(cut.failed, std::vector<int>(7, 0));
    }
  }
}

TEST(EigenSolver, CutsABatchToTheFreeMemory) {
  for (const std::int64_t n : both_sizes) {
    const Solved whole = solve(n, 7, 1 << 30);
    cuda_on_cpu::pretend_free(5 * cuda_on_cpu::usual_workspace);  // half of it may be taken
    const Solved cut = solve(n, 7, 1 << 30);
    cuda_on_cpu::pretend_free(cuda_on_cpu::usual_free);
    EXPECT_EQ(cut.calls, 4);
    EXPECT_EQ(cut.values, whole.values);
  }
}

TEST(EigenSolver, ThatDoesNotConvergeGivesNoNumber) {
  const Objective objective = random_objective({.samples = 5});
  const QuantitySet quantities{Quantity::min_eigenvalue, Quantity::min_eigenvalue_error,
                               Quantity::max_eigenvalue, Quantity::negative_count,
                               Quantity::required_l2,    Quantity::verdict,
                               Quantity::settled_by};
  const Points points = random_points(1, 3);
  cuda_on_cpu::fail_convergence(2);
  const ValueTable table = make_tested_cuda(objective, Precision::float64)
                               ->evaluator(random_slice(objective, 1), quantities,
                                           {.eigensolver = Eigensolver::cusolver})
                               ->evaluate(points.coordinates, points.count());
  for (const auto& [quantity, values] : table) {
    EXPECT_TRUE(std::isfinite(values.data[0])) << info(quantity).name;
    EXPECT_TRUE(std::isfinite(values.data[2])) << info(quantity).name;
    if (quantity == Quantity::verdict || quantity == Quantity::settled_by) {
      EXPECT_EQ(values.data[1], 0.0) << info(quantity).name;  // undecided, by nothing
    } else {
      EXPECT_TRUE(std::isnan(values.data[1])) << info(quantity).name;
    }
  }
}

TEST(EigenSolver, IsNotCalledForATrace) {
  const Objective objective = random_objective({.samples = 5});
  const Slice slice = random_slice(objective, 1);
  const Points points = random_points(1, 3);
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  const auto at = [&](const QuantitySet& quantities) {
    return cuda->evaluator(slice, quantities, {.eigensolver = Eigensolver::cusolver})
        ->evaluate(points.coordinates, points.count());
  };
  const QuantitySet trace{Quantity::trace, Quantity::trace_error};
  QuantitySet both = trace;
  both.insert(Quantity::min_eigenvalue);
  cuda_on_cpu::fail_convergence(1);
  const ValueTable alone = at(trace);
  const ValueTable after = at(both);  // whose first matrix is the first that the solver sees
  EXPECT_TRUE(std::isnan(after.at(Quantity::min_eigenvalue).data[0]));
  EXPECT_TRUE(std::isfinite(after.at(Quantity::min_eigenvalue).data[1]));
  for (const Quantity quantity : trace) {
    EXPECT_EQ(alone.at(quantity).data, after.at(quantity).data) << info(quantity).name;
  }
}

TEST(EigenSolver, ThatDoesNotConvergeLeavesAVerdictOpen) {
  // Convex, and too large for the solver on chip.
  const Objective objective =
      random_objective({.widths = "120-2", .loss = Loss::mse, .samples = 150});
  const Points points = random_points(1, 2);
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  const auto evaluator = cuda->evaluator(random_slice(objective, 1), {Quantity::verdict},
                                         {.eigensolver = Eigensolver::cusolver});
  cuda_on_cpu::fail_convergence(1);
  const ValueTable table = evaluator->evaluate(points.coordinates, points.count());
  EXPECT_EQ(table.at(Quantity::verdict).data,
            (std::vector<double>{static_cast<double>(Verdict::undecided),
                                 static_cast<double>(Verdict::locally_convex)}));
}

}  // namespace
}  // namespace convexscan
