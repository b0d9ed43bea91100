// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/blocked_solver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "cuda_on_cpu/known_spectra.hpp"
#include "reference_network.hpp"
#include "shared/rounding.hpp"

namespace convexscan {
namespace {

using cuda_on_cpu::joined;
using cuda_on_cpu::matrix_with;
using cuda_on_cpu::norm_of;
using kernels::Definiteness;

std::vector<Definiteness> definiteness(const std::vector<std::vector<double>>& matrices,
                                       std::size_t n, double bound,
                                       std::vector<std::int32_t> which = {}) {
  const auto size = static_cast<std::int64_t>(n);
  if (which.empty()) {
    which.resize(matrices.size());
    std::iota(which.begin(), which.end(), 0);
  }
  std::vector<double> wider;
  for (const std::int32_t k : which) {
    const double norm = norm_of(matrices[static_cast<std::size_t>(k)], n);
    wider.push_back(bound + cpu::solver_error(norm, size));
  }
  cuda::BlockedSolver solver(nullptr);
  const cuda::DeviceBuffer<double> on_device(joined(matrices), nullptr);
  return solver.definiteness(on_device.data(), size, which,
                             std::vector<double>(which.size(), bound), wider);
}

/// Above 0.1 but for one in the middle.
std::vector<double> positive_but(double one, std::size_t n) {
  std::vector<double> spectrum = random_numbers(static_cast<std::int64_t>(n), n);
  for (double& x : spectrum) x = 0.1 + std::fabs(x);
  spectrum[n / 2] = one;
  return spectrum;
}

TEST(BlockedSolver, HoldsMoreRowsThanAnyDenseHessian) {
  EXPECT_GT(cuda::BlockedSolver(nullptr).most_rows(), 20000);
}

/// One panel, panels that are full and not, and several rounds of tiles: a block takes 256 rows at
/// once.
TEST(BlockedSolver, ProvesSigns) {
  for (const std::size_t n : {1, 2, 31, 32, 33, 64, 65, 100, 236, 255, 256, 257, 289, 300}) {
    const std::vector<std::vector<double>> matrices{matrix_with(positive_but(0.3, n), 1),
                                                    matrix_with(positive_but(-0.05, n), 2),
                                                    matrix_with(positive_but(0.0, n), 3)};
    EXPECT_THAT(definiteness(matrices, n, 1e-11),
                testing::ElementsAre(Definiteness::positive, Definiteness::negative,
                                     Definiteness::semidefinite))
        << n;
    // A bound as large as the eigenvalue takes the proof away.
    for (const Definiteness outcome : definiteness(matrices, n, 0.4)) {
      EXPECT_NE(outcome, Definiteness::negative) << n;
      if (n == 1) continue;
      EXPECT_NE(outcome, Definiteness::positive) << n;
    }
    EXPECT_THAT(definiteness(matrices, n, 1e-11, {2, 0}),
                testing::ElementsAre(Definiteness::semidefinite, Definiteness::positive));
  }
}

TEST(BlockedSolver, FindsWhereverTheFactorisationBreaksDown) {
  // A diagonal entry that is negative, in every column in turn.
  constexpr std::size_t n = 70;
  std::vector<std::vector<double>> matrices;
  for (std::size_t k = 0; k < n; ++k) {
    std::vector<double> matrix = matrix_with(std::vector<double>(n, 1.0), 5);
    matrix[k * n + k] = -1.0;
    matrices.push_back(matrix);
  }
  EXPECT_THAT(definiteness(matrices, n, 1e-11), testing::Each(Definiteness::negative));
}

TEST(BlockedSolver, SaysNothingOfNumbersThatAreNone) {
  constexpr std::size_t n = 68;
  std::vector<std::vector<double>> matrices;
  std::vector<std::pair<std::size_t, std::size_t>> places{{0, 0}, {40, 3}, {67, 67}, {67, 0}};
  for (const double none :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (const auto& [row, column] : places) {
      std::vector<double> matrix = matrix_with(std::vector<double>(n, 1.0), 5);
      matrix[row * n + column] = none;
      matrices.push_back(matrix);
    }
  }
  EXPECT_THAT(definiteness(matrices, n, 1e-11), testing::Each(Definiteness::open));
}

TEST(BlockedSolver, ReadsTheLowerTriangleAlone) {
  constexpr std::size_t n = 67;
  std::vector<double> matrix = matrix_with(positive_but(0.3, n), 1);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = r + 1; c < n; ++c) matrix[r * n + c] = NAN;
  }
  EXPECT_THAT(definiteness({matrix}, n, 1e-11), testing::ElementsAre(Definiteness::positive));
}

/// Thousands of smallest eigenvalues on either side of the bound and closer to it than rounding,
/// against what LAPACK finds and the spectrum that the matrix was made with.
TEST(BlockedSolver, AgreesWithLapackAndNeverProvesWhatIsNotSo) {
  constexpr double bound = 1e-13;
  int proved = 0;
  int settled = 0;
  int far = 0;
  int trials = 0;
  for (const std::size_t n : {5, 20, 33, 40, 64, 70}) {
    std::vector<std::vector<double>> matrices;
    std::vector<double> smallest;
    for (std::uint64_t k = 0; k < 400; ++k) {
      std::vector<double> s = random_numbers(static_cast<std::int64_t>(n), 1000 * n + k);
      for (double& x : s) x = 0.5 + std::fabs(x);
      const double size = std::pow(10.0, -10.0 - 0.015 * static_cast<double>(k));
      s[0] = (k % 2 == 0 ? 1.0 : -1.0) * size;
      smallest.push_back(s[0]);
      matrices.push_back(matrix_with(s, k + 1));
    }
    const std::vector<Definiteness> outcomes = definiteness(matrices, n, bound);
    for (std::size_t k = 0; k < outcomes.size(); ++k) {
      ++trials;
      const double norm = norm_of(matrices[k], n);
      const double rounded = shared::unit_roundoff * norm;
      std::vector<double> copy = matrices[k];
      const cpu::DenseEigenvalues lapack(copy.data(), static_cast<std::int64_t>(n));
      const double error = lapack.error();
      double trace = 0.0;
      for (std::size_t i = 0; i < n; ++i) trace += matrices[k][i * n + i];
      const double allowance = cpu::cholesky_allowance(trace, static_cast<std::int64_t>(n));
      switch (outcomes[k]) {
        case Definiteness::positive:
          ASSERT_GT(smallest[k] + rounded, bound);
          ASSERT_GT(lapack.smallest() + error, bound);
          ++proved;
          break;
        case Definiteness::negative:
          ASSERT_LT(smallest[k] - rounded, -bound);
          ASSERT_LT(lapack.smallest() - error, -bound);
          ++proved;
          break;
        case Definiteness::semidefinite:
          ASSERT_GT(smallest[k] + rounded, -bound - error);
          // A factorisation of what is further from zero than its own rounding goes through.
          ASSERT_LE(smallest[k], bound + 2.0 * allowance + rounded);
          break;
        case Definiteness::open:
          break;
      }
      // Beyond that breaking down leaves a witness, though its own rounding may hide it.
      if (std::fabs(smallest[k]) > bound + 2.0 * allowance + rounded) {
        ++far;
        if (outcomes[k] != Definiteness::open) ++settled;
      }
    }
  }
  EXPECT_GT(proved, trials / 8);
  EXPECT_GT(settled, far * 9 / 10);
}

/// Matrices that are indefinite by a rounding, of which many have a computed factorisation: without
/// the allowance they would be proved to be positive.
TEST(BlockedSolver, IsNotDeceivedByFactorisationsOfIndefiniteMatrices) {
  int indefinite = 0;
  int proved = 0;
  for (std::size_t n = 3; n < 11; ++n) {
    const auto size = static_cast<std::int64_t>(n);
    std::vector<std::vector<double>> matrices;
    std::vector<bool> negative;
    for (std::uint64_t k = 0; k < 300; ++k) {
      // X·Xᵀ of a rank too little, rounded; in every third trial lifted by some ten allowances.
      const std::vector<double> x = random_numbers(size * size, 1000 * n + k);
      std::vector<double> matrix(n * n, 0.0);
      double trace = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          for (std::size_t m = 0; m + 1 < n; ++m) matrix[i * n + j] += x[i * n + m] * x[j * n + m];
          matrix[j * n + i] = matrix[i * n + j];
        }
        trace += matrix[i * n + i];
      }
      for (std::size_t i = 0; k % 3 == 0 && i < n; ++i) matrix[i * n + i] += 1e-13 * trace;
      const std::vector<reference::Real> exact(matrix.begin(), matrix.end());
      negative.push_back(reference::eigenvalues(exact, n).front() < -0x1p-60L * trace);
      matrices.push_back(matrix);
    }
    const std::vector<Definiteness> outcomes = definiteness(matrices, n, 0.0);
    for (std::size_t k = 0; k < outcomes.size(); ++k) {
      if (negative[k]) ++indefinite;
      if (outcomes[k] != Definiteness::positive) continue;
      ++proved;
      ASSERT_FALSE(negative[k]) << n << " " << k;
    }
  }
  EXPECT_GT(indefinite, 500);
  EXPECT_GT(proved, 500);
}

TEST(BlockedSolver, HasTheSameBitsInAnyCompany) {
  constexpr std::size_t n = 50;
  std::vector<std::vector<double>> matrices;
  for (std::uint64_t k = 0; k < 60; ++k) {
    // Rank-deficient by one: what comes out hangs on the last bits.
    std::vector<double> s = positive_but(0.0, n);
    matrices.push_back(matrix_with(s, k));
  }
  const std::vector<Definiteness> together = definiteness(matrices, n, 0.0);
  for (std::int32_t k = 0; k < 60; ++k) {
    EXPECT_EQ(definiteness(matrices, n, 0.0, {k}).front(), together[static_cast<std::size_t>(k)]);
  }
}

}  // namespace
}  // namespace convexscan
