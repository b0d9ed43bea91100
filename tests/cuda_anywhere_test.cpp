// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>

#include "comparison.hpp"
#include "cpu/cpu_backend.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

/// What a backend gives at points anywhere in parameter space and on segments of their own, on CUDA
/// and on the CPU.
namespace convexscan {
namespace {

class CudaAnywhereMatchesCpu : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, CudaAnywhereMatchesCpu, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(CudaAnywhereMatchesCpu, InTheGradient) {
  std::vector<Objective> objectives{
      random_objective({.widths = "3-7-5-2", .samples = 597}),
      random_objective({.widths = "3-7-5-2", .dropout = 0.3, .samples = 97}),
      random_objective({.widths = "3-5-5-2", .loss = Loss::huber, .residual = true, .samples = 1}),
      landscape_objective(landscape("rosenbrock")),
  };
  for (Objective& objective : objectives) {
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.25}};
    for (const Precision precision : both_precisions) {
      const auto cpu = cpu::make_backend(objective, precision);
      const auto cuda = make_tested_cuda(objective, precision);
      for (const std::uint64_t seed : {1, 2}) {
        const std::vector<double> theta = random_numbers(objective.parameter_count(), seed);
        std::vector<double> expected(theta.size());
        std::vector<double> actual(theta.size());
        const double loss = cpu->gradient(theta, expected);
        const double other = cuda->gradient(theta, actual);
        expect_same(objective, Precision::float64, "loss", {&loss, 1}, {&other, 1});
        expect_same(objective, Precision::float64, "gradient", expected, actual);
      }
    }
  }
}

TEST_P(CudaAnywhereMatchesCpu, OnBatchesOfSegments) {
  // Fused, with more inputs than the small product takes, not fused, and without a network.
  std::vector<Objective> objectives{
      random_objective({.widths = "3-9-5-2", .samples = 130}),
      random_objective({.widths = "70-5-3", .samples = 5}),  // 373: every second one is misaligned
      random_objective({.widths = "3-5-5-2", .residual = true, .samples = 67}),
      landscape_objective(landscape("rosenbrock")),
  };
  for (Objective& objective : objectives) {
    for (const Precision precision : both_precisions) {
      for (const bool penalised : {false, true}) {
        objective.penalty.terms.clear();
        if (penalised) objective.penalty.terms = {{.value = 0.25}};
        Segments segments{objective.parameter_count(),
                          random_numbers(2 * 7 * objective.parameter_count(), 31)};
        const std::vector<double> t = Axis{0.0, 1.0, 11}.values();
        const auto cuda = make_tested_cuda(objective, precision);
        const std::vector<double> together = cuda->segment_losses(segments, t);
        EXPECT_EQ(together, cuda->Backend::segment_losses(segments, t)) << objective.description();
        const auto cpu = cpu::make_backend(objective, precision);
        expect_same(objective, precision, "segments", cpu->segment_losses(segments, t), together);
        if (HasFatalFailure()) return;
        EXPECT_TRUE(cuda->segment_losses({objective.parameter_count(), {}}, t).empty());
      }
    }
  }
}

TEST_P(CudaAnywhereMatchesCpu, InDerivativesAlongSegments) {
  std::vector<Objective> objectives{
      random_objective({.widths = "3-9-5-2", .samples = 130}),
      random_objective({.widths = "70-4-3", .bias = false, .loss = Loss::mse, .samples = 5}),
      random_objective({.widths = "3-5-5-2", .residual = true, .dropout = 0.3, .samples = 67}),
      random_objective({.widths = "2-3-2", .loss = Loss::output, .samples = 2100}),
      random_objective({.widths = "4-3", .loss = Loss::binary_cross_entropy, .samples = 9}),
      landscape_objective(landscape("rosenbrock")),
  };
  for (Objective& objective : objectives) {
    for (const bool penalised : {false, true}) {
      if (penalised) objective.penalty.terms = {{.value = 0.25}};
      const Segments segments{objective.parameter_count(),
                              random_numbers(2 * 3 * objective.parameter_count(), 31)};
      const std::vector<double> t{0.0, 0.3, 1.0, 0.5, 0.75, 2.0};
      for (const Precision precision : both_precisions) {
        const auto cpu = cpu::make_backend(objective, precision);
        const auto cuda = make_tested_cuda(objective, precision);
        const std::vector<double> together = cuda->segment_derivatives(segments, t);
        expect_same(objective, precision, "derivatives", cpu->segment_derivatives(segments, t),
                    together);
        if (HasFatalFailure()) return;
        const auto width = static_cast<std::ptrdiff_t>(2 * objective.parameter_count());
        const Segments last{segments.parameters,
                            {segments.ends.end() - width, segments.ends.end()}};
        const std::vector<double> alone = cuda->segment_derivatives(last, std::span(t).last(2));
        EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.end() - 4));
        EXPECT_TRUE(cuda->segment_derivatives({objective.parameter_count(), {}}, {}).empty());
      }
    }
  }
}

TEST_P(CudaAnywhereMatchesCpu, InGradientsAtManyPoints) {
  std::vector<Objective> objectives{
      random_objective({.widths = "3-7-5-2", .samples = 97}),
      random_objective({.widths = "3-5-5-2", .loss = Loss::huber, .residual = true, .samples = 9}),
      random_objective({.widths = "4-3", .bias = false, .samples = 30}),
      landscape_objective(landscape("rosenbrock")),
  };
  for (Objective& objective : objectives) {
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.25}};
    const auto width = static_cast<std::size_t>(objective.parameter_count());
    const auto cpu = cpu::make_backend(objective, Precision::float64);
    const auto cuda = make_tested_cuda(objective, Precision::float64);
    // More at once than before, fewer, and more than a group holds.
    const std::size_t many = width < 20 ? 300 : 5;
    for (const std::size_t points : {std::size_t{3}, std::size_t{2}, many}) {
      const std::vector<double> thetas =
          random_numbers(static_cast<std::int64_t>(points * width), points);
      std::vector<double> losses(points), expected_losses(points);
      std::vector<double> gradients(points * width), expected(points * width);
      cpu->gradients(thetas, expected_losses, expected);
      cuda->gradients(thetas, losses, gradients);
      expect_same(objective, Precision::float64, "losses", expected_losses, losses);
      expect_same(objective, Precision::float64, "gradients", expected, gradients);
      // Where the other points are does not change a bit.
      std::vector<double> moved = random_numbers(static_cast<std::int64_t>(points * width), 77);
      std::copy_n(thetas.begin(), width, moved.begin());
      std::vector<double> others(points * width);
      cuda->gradients(moved, expected_losses, others);
      EXPECT_EQ(expected_losses[0], losses[0]);
      EXPECT_TRUE(std::equal(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(width),
                             gradients.begin()));
    }
  }
}

}  // namespace
}  // namespace convexscan
