// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/cuda_probe.hpp"

#include <gtest/gtest.h>

#include "cuda/cuda_backend.hpp"
#include "cuda/device_buffer.hpp"
#include "device_memory.hpp"
#include "kernels/activation_rate.hpp"
#include "random_objective.hpp"
#include "shared/activations.hpp"

namespace convexscan {
namespace {

/// The same formula applied on the host: the kernel must reach every number and lose none.
TEST(ActivationRate, AppliesTheActivationToEveryNumber) {
  for (const std::int64_t count : {1, 31, 597}) {
    const std::vector<double> start = gaussian_numbers(count, 3);
    cuda::DeviceBuffer<double> z(start, nullptr);
    kernels::repeat_activation(Activation::tanh, count, 3, z.data(), nullptr);
    std::vector<double> found(start.size());
    z.download(found, nullptr);
    for (std::size_t i = 0; i < found.size(); ++i) {
      double expected = start[i];
      for (int r = 0; r < 3; ++r) {
        expected = shared::activation<Activation::tanh>(expected, 1.0).value;
      }
      EXPECT_EQ(found[i], expected) << i;
    }
  }
}

/// Of a GPU that no kernel was compiled for, `auto` must know before the first is started.
TEST(CudaDevice, OlderThanTheKernelsIsNotUsed) {
  EXPECT_EQ(cuda::why_unavailable(), "");
  cuda_on_cpu::pretend_capability(86);
  EXPECT_EQ(cuda::why_unavailable(),
            "this program is built for compute capability 9.0 and later, and emulated device has "
            "8.6; build it with -DCMAKE_CUDA_ARCHITECTURES=86");
  EXPECT_EQ(cuda::device_descriptions().size(), 1U);
  cuda_on_cpu::pretend_capability(cuda_on_cpu::usual_capability);
}

/// The CPU's own solver on the same matrices, of which five are distinct.
TEST(CudaDeviceProbe, GivesTheEigenvaluesOfTheDistinctMatrices) {
  constexpr std::int64_t n = 33;
  const std::vector<double> matrices = gaussian_numbers(5 * n * n, 4);  // lower triangles are read
  const auto solved = [&](DeviceProbe& probe, SpectrumPart part) {
    const DeviceProbe::Spectra spectra = probe.eigenvalues(part, n, matrices, 7);
    spectra.solve();
    spectra.solve();  // the matrices must not have been lost
    return spectra.values();
  };
  const auto device = cuda::make_device_probe(0);
  const std::vector<double> expected = solved(*make_device_probe("cpu"), SpectrumPart::all);
  for (const SpectrumPart part : {SpectrumPart::all, SpectrumPart::vectors}) {
    const std::vector<double> found = solved(*device, part);
    ASSERT_EQ(found.size(), expected.size());
    // n·ε·‖A‖, ‖A‖ about 2√n for normal entries.
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-13) << i;
  }
}

/// Vᵀ diag(λ) V is the matrix again, its lower triangle, up to n·ε·‖A‖.
TEST(CudaDeviceProbe, GivesTheEigenvectorsOfTheDistinctMatrices) {
  constexpr std::int64_t n = 33;
  constexpr std::size_t rows = n;
  const std::vector<double> matrices = gaussian_numbers(2 * n * n, 4);
  const auto probe = cuda::make_device_probe(0);
  EXPECT_FALSE(probe->eigenvalues(SpectrumPart::all, n, matrices, 3).vectors);
  const DeviceProbe::Spectra spectra = probe->eigenvalues(SpectrumPart::vectors, n, matrices, 3);
  spectra.solve();
  const std::vector<double> values = spectra.values();
  const std::vector<double> vectors = spectra.vectors();
  ASSERT_EQ(vectors.size(), matrices.size());
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double entry = 0.0;
        for (std::size_t v = 0; v < rows; ++v) {
          const double* const vector = vectors.data() + (k * rows + v) * rows;
          entry += values[k * rows + v] * vector[i] * vector[j];
        }
        EXPECT_NEAR(entry, matrices[(k * rows + i) * rows + j], 1e-13) << i << " " << j;
      }
    }
  }
}

TEST(CudaDeviceProbe, EveryTaskCanBeRepeated) {
  const auto probe = cuda::make_device_probe(0);
  EXPECT_EQ(probe->versions().size(), 4U);
  for (const DeviceProbe::Work& work :
       {probe->copy(100'001), probe->product(Precision::float64, 33),
        probe->product(Precision::float32, 33),
        probe->activation(Activation::tanh, Precision::float32, 600, 2)}) {
    work();
    work();
  }
}

}  // namespace
}  // namespace convexscan
