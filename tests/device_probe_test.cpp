// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "device_probe.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "random_objective.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

/// Σλ = tr A and Σλ² = ‖A‖²_F, which no eigensolver knows of.
TEST(DeviceProbe, EigenvaluesHaveTheTraceAndNormOfTheirMatrix) {
  constexpr std::int64_t n = 37;
  std::vector<double> matrices;
  for (const unsigned seed : {1U, 2U}) {
    const std::vector<double> entries = gaussian_numbers(n * n, seed);
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        matrices.push_back(entries[static_cast<std::size_t>(std::max(i, j) * n + std::min(i, j))]);
      }
    }
  }
  const auto probe = make_device_probe("cpu");
  const DeviceProbe::Spectra all = probe->eigenvalues(SpectrumPart::all, n, matrices, 5);
  const DeviceProbe::Spectra least = probe->eigenvalues(SpectrumPart::smallest, n, matrices, 5);
  all.solve();
  least.solve();
  const std::vector<double> values = all.values();
  const std::vector<double> smallest = least.values();
  ASSERT_EQ(values.size(), 2U * n);
  ASSERT_EQ(smallest.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::span<const double> matrix = std::span(matrices).subspan(k * n * n, n * n);
    const std::span<const double> spectrum = std::span(values).subspan(k * n, n);
    double trace = 0.0;
    for (std::size_t i = 0; i < n; ++i) trace += matrix[i * n + i];
    const double square = std::inner_product(matrix.begin(), matrix.end(), matrix.begin(), 0.0);
    // Backward stable: every eigenvalue is right to about n·ε·‖A‖ ≤ n·ε·√(n² · few) = 4e-13.
    EXPECT_NEAR(std::accumulate(spectrum.begin(), spectrum.end(), 0.0), trace, n * 4e-13);
    EXPECT_NEAR(
        std::inner_product(spectrum.begin(), spectrum.end(), spectrum.begin(), 0.0) / square, 1.0,
        1e-12);
    EXPECT_NEAR(smallest[k], spectrum.front(), 4e-13);
  }
}

TEST(DeviceProbe, EveryTaskCanBeRepeated) {
  const auto probe = make_device_probe("cpu");
  EXPECT_FALSE(probe->versions().empty());
  for (const DeviceProbe::Work& work :
       {probe->copy(100'001), probe->product(Precision::float64, 33),
        probe->product(Precision::float32, 33),
        probe->activation(Activation::tanh, Precision::float64, 2049, 3),
        probe->activation(Activation::sigmoid, Precision::float32, 1, 2)}) {
    work();
    work();
  }
}

using CudaDeviceProbe = TestedCuda;
INSTANTIATE_TEST_SUITE_P(Backends, CudaDeviceProbe, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(CudaDeviceProbe, RepeatsAnActivation) {
  const auto probe = make_device_probe(GetParam());
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    const DeviceProbe::Work work = probe->activation(Activation::tanh, precision, 600, 2);
    work();
    work();
  }
}

}  // namespace
}  // namespace convexscan
