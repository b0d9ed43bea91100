// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/packed_solver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpu/dense_eigenvalues.hpp"
#include "cuda_on_cpu/known_spectra.hpp"
#include "shared/rounding.hpp"

namespace convexscan {
namespace {

using cuda_on_cpu::joined;
using cuda_on_cpu::matrix_with;
using cuda_on_cpu::norm_of;
using kernels::Definiteness;
using kernels::PackedSpectrum;

TEST(PackedSolver, HoldsAboutTwoHundredAndThirtyRows) {
  EXPECT_EQ(cuda::PackedSolver(nullptr).most_rows(), 235);
}

TEST(PackedSolver, FindsEndsCountsAndTheSmallestVector) {
  cuda::PackedSolver solver(nullptr);
  for (const std::size_t n : {1, 2, 3, 5, 31, 33, 64, 100, 235}) {
    std::vector<std::vector<double>> spectra;
    for (std::uint64_t kind = 0; kind < 5; ++kind) {
      std::vector<double> s = random_numbers(static_cast<std::int64_t>(n), n + kind);
      if (kind == 1) s.assign(n, 0.0);
      if (kind == 2) std::ranges::transform(s, s.begin(), [](double x) { return 1e-160 * x; });
      if (kind == 3) std::ranges::transform(s, s.begin(), [](double x) { return 1e150 * x; });
      if (kind == 4) std::fill(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(n / 2), 1.0);
      spectra.push_back(s);
    }
    std::vector<std::vector<double>> matrices;
    std::vector<double> thresholds;
    for (std::size_t m = 0; m < spectra.size(); ++m) {
      matrices.push_back(matrix_with(spectra[m], m + 1));
      std::ranges::sort(spectra[m]);
      // Between two eigenvalues where there are two.
      thresholds.push_back(0.5 * (std::fabs(spectra[m][0]) + std::fabs(spectra[m][n / 2])));
    }
    const cuda::DeviceBuffer<double> on_device(joined(matrices), nullptr);
    cuda::DeviceBuffer<double> vectors(static_cast<std::int64_t>(spectra.size() * n));
    const std::vector<PackedSpectrum> found =
        solver.spectra(on_device.data(), static_cast<std::int64_t>(n), thresholds, vectors.data());
    std::vector<double> v(spectra.size() * n);
    vectors.download(v, nullptr);
    for (std::size_t m = 0; m < spectra.size(); ++m) {
      const std::vector<double>& s = spectra[m];
      // The solver's model and the rounding of the matrix itself.
      const double norm = norm_of(matrices[m], n);
      const double allowed =
          cpu::solver_error(norm, static_cast<std::int64_t>(n)) + shared::unit_roundoff * norm;
      EXPECT_LE(std::fabs(found[m].smallest - s.front()), allowed) << n << " " << m;
      EXPECT_LE(std::fabs(found[m].second - s[n > 1 ? 1 : 0]), allowed) << n << " " << m;
      EXPECT_LE(std::fabs(found[m].largest - s.back()), allowed) << n << " " << m;
      const double t = thresholds[m];
      const auto certainly = [&](auto in) { return std::ranges::count_if(s, in); };
      EXPECT_GE(found[m].negative, certainly([&](double x) { return x < -t - allowed; }));
      EXPECT_LE(found[m].negative, certainly([&](double x) { return x < -t + allowed; }));
      EXPECT_GE(found[m].positive, certainly([&](double x) { return x > t + allowed; }));
      EXPECT_LE(found[m].positive, certainly([&](double x) { return x > t - allowed; }));
      if (norm == 0.0) {
        EXPECT_EQ(found[m].positive, 0.0);  // zero is not above zero
      }
      double square = 0.0;
      double residual = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        double product = -found[m].smallest * v[m * n + i];
        for (std::size_t j = 0; j < n; ++j) product += matrices[m][i * n + j] * v[m * n + j];
        residual = std::hypot(residual, product);
        square += v[m * n + i] * v[m * n + i];
      }
      EXPECT_LE(std::fabs(square - 1.0), 1e-12) << n << " " << m;
      EXPECT_LE(residual, 4.0 * allowed) << n << " " << m;
    }
  }
}

TEST(PackedSolver, KeepsTheSolversBoundForThousandsOfMatrices) {
  // The hardest for the model are small ones, half of them rank-deficient, a fifth graded.
  cuda::PackedSolver solver(nullptr);
  double worst = 0.0;
  for (std::size_t n = 2; n < 12; ++n) {
    std::vector<std::vector<double>> matrices;
    std::vector<double> thresholds;
    for (std::uint64_t k = 0; k < 200; ++k) {
      std::vector<double> s = random_numbers(static_cast<std::int64_t>(n), 1000 * n + k);
      if (k % 2 == 0) std::fill(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(n / 2), 0.0);
      for (std::size_t i = 0; k % 5 == 0 && i < n; ++i)
        s[i] *= std::pow(10.0, -static_cast<double>(i));
      matrices.push_back(matrix_with(s, k + 1));
      thresholds.push_back(0.0);
    }
    const cuda::DeviceBuffer<double> on_device(joined(matrices), nullptr);
    const std::vector<PackedSpectrum> found =
        solver.spectra(on_device.data(), static_cast<std::int64_t>(n), thresholds, nullptr);
    for (std::size_t k = 0; k < matrices.size(); ++k) {
      const double norm = norm_of(matrices[k], n);
      std::vector<double> copy = matrices[k];
      const cpu::DenseEigenvalues reference(copy.data(), static_cast<std::int64_t>(n));
      const double error = std::max(std::fabs(found[k].smallest - reference.smallest()),
                                    std::fabs(found[k].largest - reference.largest()));
      worst = std::max(worst, error / cpu::solver_error(norm, static_cast<std::int64_t>(n)));
    }
  }
  EXPECT_LE(worst, 2.0);   // both solvers' errors
  EXPECT_GE(worst, 0.01);  // the model is not idle
}

std::vector<Definiteness> definiteness(const std::vector<std::vector<double>>& matrices,
                                       std::int64_t n, double bound,
                                       std::vector<std::int32_t> which = {}) {
  if (which.empty()) {
    which.resize(matrices.size());
    std::iota(which.begin(), which.end(), 0);
  }
  std::vector<double> wider;
  for (const std::int32_t k : which) {
    const auto& matrix = matrices[static_cast<std::size_t>(k)];
    wider.push_back(bound + cpu::solver_error(norm_of(matrix, static_cast<std::size_t>(n)), n));
  }
  cuda::PackedSolver solver(nullptr);
  const cuda::DeviceBuffer<double> on_device(joined(matrices), nullptr);
  return solver.definiteness(on_device.data(), n, which, std::vector<double>(which.size(), bound),
                             wider);
}

TEST(PackedSolver, ProvesSignsByCholesky) {
  for (const std::size_t n : {1, 2, 3, 33, 64, 235}) {
    std::vector<double> positive = random_numbers(static_cast<std::int64_t>(n), n);
    for (double& x : positive) x = 0.1 + std::fabs(x);
    std::vector<double> negative = positive;
    negative[n / 2] = -0.05;
    std::vector<double> semidefinite = positive;
    semidefinite[n / 2] = 0.0;
    const std::vector<std::vector<double>> matrices{
        matrix_with(positive, 1), matrix_with(negative, 2), matrix_with(semidefinite, 3)};
    EXPECT_THAT(definiteness(matrices, static_cast<std::int64_t>(n), 1e-11),
                testing::ElementsAre(Definiteness::positive, Definiteness::negative,
                                     Definiteness::semidefinite))
        << n;
    // A bound as large as the eigenvalue takes the proof away.
    for (const Definiteness outcome : definiteness(matrices, static_cast<std::int64_t>(n), 0.11)) {
      EXPECT_NE(outcome, Definiteness::negative) << n;
    }
    EXPECT_THAT(definiteness(matrices, static_cast<std::int64_t>(n), 1e-11, {2, 0}),
                testing::ElementsAre(Definiteness::semidefinite, Definiteness::positive));
  }
}

TEST(PackedSolver, NeverProvesWhatIsNotSo) {
  // Smallest eigenvalues on either side of the bound and closer to it than rounding.
  constexpr std::int64_t n = 20;
  constexpr double bound = 1e-13;
  std::vector<std::vector<double>> matrices;
  std::vector<double> smallest;
  for (std::uint64_t k = 0; k < 300; ++k) {
    std::vector<double> s = random_numbers(n, k);
    for (double& x : s) x = 0.5 + std::fabs(x);
    s[0] = (k % 2 == 0 ? 1.0 : -1.0) * std::pow(10.0, -10.0 - 0.02 * static_cast<double>(k));
    smallest.push_back(s[0]);
    matrices.push_back(matrix_with(s, k + 1));
  }
  const std::vector<Definiteness> outcomes = definiteness(matrices, n, bound);
  int proved = 0;
  for (std::size_t k = 0; k < outcomes.size(); ++k) {
    const double rounded = shared::unit_roundoff * norm_of(matrices[k], n);
    if (outcomes[k] == Definiteness::positive) {
      EXPECT_GT(smallest[k] + rounded, bound);
    }
    if (outcomes[k] == Definiteness::negative) {
      EXPECT_LT(smallest[k] - rounded, -bound);
    }
    if (outcomes[k] != Definiteness::semidefinite) ++proved;
  }
  EXPECT_GT(proved, 30);
}

}  // namespace
}  // namespace convexscan
