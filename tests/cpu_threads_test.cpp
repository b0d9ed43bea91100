// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <functional>

#include "convexscan/backend.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

using enum Quantity;

/// Seconds that each of two threads has run on a processor.
std::array<double, 2> processor_seconds() {
  std::array<double, 2> seconds{};
#pragma omp parallel num_threads(2)
  {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    seconds[static_cast<std::size_t>(omp_get_thread_num())] =
        static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  return seconds;
}

/// How much of the work the thread does that does less of it: half, but for a processor that others
/// use as well. One that has nothing to do waits awake for some thousandths of a second of the 250
/// at first; a tenth lies well between the two.
double smaller_share(const std::function<void()>& work) {
  using clock = std::chrono::steady_clock;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(2);
  const std::array<double, 2> before = processor_seconds();
  for (const auto start = clock::now(); clock::now() - start < std::chrono::milliseconds(250);) {
    work();
  }
  const std::array<double, 2> after = processor_seconds();
  omp_set_num_threads(threads);
  const std::array<double, 2> took{after[0] - before[0], after[1] - before[1]};
  return std::ranges::min(took) / (took[0] + took[1]);
}

class CpuThreads : public testing::Test {
 protected:
  void SetUp() override {
    if (omp_get_thread_limit() < 2) GTEST_SKIP() << "OMP_THREAD_LIMIT allows one thread";
  }
};

TEST_F(CpuThreads, ShareThePointsOfAGrid) {
  const Objective objective = random_objective({.widths = "3-9-6-2", .samples = 200});
  const Slice slice = random_slice(objective, 2);
  const Points points = random_points(2, 600);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const EvaluationOptions matrix_free{.eigensolver = Eigensolver::lanczos};
  for (const auto& [quantities, options] :
       {std::pair{QuantitySet{loss}, EvaluationOptions{}},
        {QuantitySet{loss, accuracy, gradient_norm, plane_hessian}, {}},
        {QuantitySet{min_eigenvalue}, {}},
        {QuantitySet{min_eigenvalue, max_eigenvalue}, {}},
        {QuantitySet{verdict}, {}},
        {QuantitySet{min_eigenvalue}, matrix_free},
        {QuantitySet{verdict}, matrix_free}}) {
    const auto evaluator = backend->evaluator(slice, quantities, options);
    EXPECT_GT(smaller_share([&] { evaluator->evaluate(points.coordinates, 600); }), 0.1)
        << quantities.size() << " quantities from number " << static_cast<int>(*quantities.begin());
  }
}

TEST_F(CpuThreads, ShareSegments) {
  const Objective objective = random_objective({.widths = "3-9-6-2", .samples = 200});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  constexpr std::int64_t count = 40;
  const std::int64_t parameters = objective.parameter_count();
  const Segments segments{parameters, random_numbers(2 * count * parameters, 11)};
  const std::vector<double> places{0.0, 0.25, 0.5, 0.75, 1.0};
  EXPECT_GT(smaller_share([&] { backend->segment_losses(segments, places); }), 0.1);
  std::vector<double> three;
  for (std::int64_t k = 0; k < count; ++k) three.insert(three.end(), {0.0, 0.5, 1.0});
  EXPECT_GT(smaller_share([&] { backend->segment_derivatives(segments, three); }), 0.1);
}

TEST_F(CpuThreads, AreSeenToIdle) {
  const Objective objective = random_objective({.widths = "3-9-6-2", .samples = 200});
  const Slice slice = random_slice(objective, 2);
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto evaluator = backend->evaluator(slice, {loss}, {});
  const Points points = random_points(2, 600);
  const double idle = smaller_share([&] {
    omp_set_num_threads(1);
    evaluator->evaluate(points.coordinates, 600);
    omp_set_num_threads(2);
  });
  EXPECT_LT(idle, 0.1);
}

}  // namespace
}  // namespace convexscan
