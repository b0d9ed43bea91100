// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/isolated_solver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/lapack.hpp"
#include "cuda_on_cpu/known_spectra.hpp"
#include "shared/rounding.hpp"

namespace convexscan {
namespace {

using cuda_on_cpu::joined;
using cuda_on_cpu::matrix_with;
using cuda_on_cpu::norm_of;

struct Found {
  std::vector<std::optional<cpu::IsolatedEigenpair>> pairs;
  std::vector<double> vectors;  ///< (matrices, n)
};

Found solve(const std::vector<std::vector<double>>& matrices, std::size_t n) {
  std::vector<double> norms;
  std::vector<double> accepted;
  for (const auto& matrix : matrices) {
    norms.push_back(norm_of(matrix, n));
    accepted.push_back(1e-14 * norms.back());
  }
  cuda::IsolatedSolver solver(static_cast<std::int64_t>(n), nullptr);
  const cuda::DeviceBuffer<double> on_device(joined(matrices), nullptr);
  Found found{solver.solve(on_device.data(), norms, accepted),
              std::vector<double>(matrices.size() * n)};
  solver.vectors().download(found.vectors, nullptr);
  return found;
}

/// Ten numbers below those of a random spectrum, the first of them apart by gap.
std::vector<double> spectrum_with(double gap, std::size_t n, std::uint64_t seed) {
  std::vector<double> spectrum = random_numbers(static_cast<std::int64_t>(n), seed);
  std::ranges::sort(spectrum);
  spectrum[0] = spectrum[std::min<std::size_t>(n - 1, 1)] - gap;
  return spectrum;
}

TEST(SymmetricProducts, AreThoseOfTheLowerTriangle) {
  for (const std::size_t n : {1, 31, 32, 33, 100, 257}) {
    const auto size = static_cast<std::int64_t>(n);
    std::vector<std::vector<double>> matrices{matrix_with(random_numbers(size, 1), 1),
                                              matrix_with(random_numbers(size, 2), 2)};
    const std::vector<double> x = random_numbers(2 * size + 3, 5);
    std::vector<double> expected(2 * n);
    for (std::size_t m = 0; m < 2; ++m) {
      cpu::symmetric_product(matrices[m].data(), size, x.data() + m * (n + 3),
                             expected.data() + m * n);
      for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t c = r + 1; c < n; ++c) matrices[m][r * n + c] = NAN;
      }
    }
    const cuda::DeviceBuffer<double> on_device(joined(matrices), nullptr);
    const cuda::DeviceBuffer<double> vectors(x, nullptr);
    cuda::DeviceBuffer<double> products(2 * size);
    kernels::symmetric_products(on_device.data(), size, 2, vectors.data(), size + 3,
                                products.data(), nullptr);
    std::vector<double> found(2 * n);
    products.download(found, nullptr);
    for (std::size_t i = 0; i < 2 * n; ++i) {
      double length = 0.0;
      for (std::size_t k = 0; k < n; ++k) length = std::hypot(length, x[i / n * (n + 3) + k]);
      // Both within γ_n·|A||x| of the exact product; a reflected spectrum has |a_ij| ≤ ‖A‖.
      const double allowed =
          2.0 * shared::gamma_bound(size) * std::sqrt(static_cast<double>(n)) * length * 5.0;
      EXPECT_LE(std::fabs(found[i] - expected[i]), allowed) << n << " " << i;
    }
  }
}

TEST(IsolatedSolver, FindsTheSmallestEigenvalueAndProvesThatItIs) {
  int found_alone = 0;
  int trials = 0;
  for (const std::size_t n : {8, 33, 64, 70, 100, 237, 260}) {
    const int count = n > 200 ? 4 : 40;
    std::vector<std::vector<double>> matrices;
    std::vector<std::vector<double>> spectra;
    for (int k = 0; k < count; ++k) {
      const double gap = std::pow(10.0, -0.1 * k);
      spectra.push_back(spectrum_with(gap, n, 100 * n + static_cast<std::uint64_t>(k)));
      matrices.push_back(matrix_with(spectra.back(), static_cast<std::uint64_t>(k) + 1));
    }
    const Found found = solve(matrices, n);
    for (std::size_t k = 0; k < matrices.size(); ++k) {
      ++trials;
      if (!found.pairs[k]) continue;
      ++found_alone;
      const cpu::IsolatedEigenpair& pair = *found.pairs[k];
      const double rounded = shared::unit_roundoff * norm_of(matrices[k], n);
      const double smallest = spectra[k][0];
      // Temple: value − residual²/(second − value) ≤ λ_min ≤ value, up to the value's own rounding.
      const double own =
          2.0 * shared::gamma_bound(static_cast<std::int64_t>(n) + 4) * norm_of(matrices[k], n);
      ASSERT_LE(smallest, pair.value + rounded + own) << n << " " << k;
      ASSERT_GE(smallest, pair.value - pair.residual * pair.residual / (pair.second - pair.value) -
                              rounded - own)
          << n << " " << k;
      ASSERT_GE(spectra[k][1], pair.second - rounded) << n << " " << k;
      // The residual is that of the vector.
      const double* const v = found.vectors.data() + k * n;
      std::vector<double> product(n);
      cpu::symmetric_product(matrices[k].data(), static_cast<std::int64_t>(n), v, product.data());
      double residual = 0.0;
      double square = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        residual = std::hypot(residual, product[i] - pair.value * v[i]);
        square += v[i] * v[i];
      }
      ASSERT_LE(residual, pair.residual) << n << " " << k;
      ASSERT_LE(std::fabs(square - 1.0), 1e-12);
    }
  }
  EXPECT_GT(found_alone, trials / 4);
  EXPECT_LT(found_alone, trials);  // or the test knows no gap that is too small
}

/// The start vector is orthogonal to the eigenvector: Lanczos sees nothing of it, and the
/// factorisation does.
TEST(IsolatedSolver, IsNotDeceivedByAStartThatMissesTheSmallest) {
  constexpr std::size_t n = 60;
  const std::vector<double> start = cpu::scattered(n, 1);
  double square = 0.0;
  for (const double x : start) square += x * x;
  std::vector<double> missed = random_numbers(n, 3);
  double along = 0.0;
  for (std::size_t i = 0; i < n; ++i) along += start[i] * missed[i] / square;
  double length = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    missed[i] -= along * start[i];
    length = std::hypot(length, missed[i]);
  }
  for (double& x : missed) x /= length;
  // diag(…) restricted to the orthogonal complement, and an eigenvalue along what is missed.
  std::vector<double> d(n, 1.0);
  d[5] = -1.0;
  const auto made = [&](double own) {
    std::vector<double> dm(n);
    double form = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      dm[i] = d[i] * missed[i];
      form += dm[i] * missed[i];
    }
    std::vector<double> matrix(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        matrix[i * n + j] = (i == j ? d[i] : 0.0) - missed[i] * dm[j] - dm[i] * missed[j] +
                            (form + own) * missed[i] * missed[j];
      }
    }
    return matrix;
  };
  const Found found = solve({made(0.5), made(-3.0)}, n);
  EXPECT_TRUE(found.pairs[0].has_value());
  if (found.pairs[1]) {
    EXPECT_LE(std::fabs(found.pairs[1]->value + 3.0), 1e-10);
  }
}

TEST(IsolatedSolver, FindsNothingInMatricesOfNothing) {
  constexpr std::size_t n = 40;
  std::vector<double> none = matrix_with(spectrum_with(1.0, n, 3), 1);
  none[20 * n + 3] = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> zero(n * n, 0.0);
  std::vector<double> one(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) one[i * n + i] = 1.0;
  const Found found = solve({none, zero, one, matrix_with(spectrum_with(1.0, n, 3), 1)}, n);
  EXPECT_FALSE(found.pairs[0]);
  EXPECT_FALSE(found.pairs[1]);
  EXPECT_FALSE(found.pairs[2]);
  EXPECT_TRUE(found.pairs[3]);
}

TEST(IsolatedSolver, HasTheSameBitsInAnyCompany) {
  constexpr std::size_t n = 45;
  std::vector<std::vector<double>> matrices;
  for (std::uint64_t k = 0; k < 12; ++k) {
    matrices.push_back(matrix_with(spectrum_with(0.1 * static_cast<double>(k), n, k), k + 1));
  }
  const Found together = solve(matrices, n);
  for (std::size_t k = 0; k < matrices.size(); ++k) {
    const Found alone = solve({matrices[k]}, n);
    ASSERT_EQ(alone.pairs[0].has_value(), together.pairs[k].has_value());
    if (!alone.pairs[0]) continue;
    EXPECT_EQ(alone.pairs[0]->value, together.pairs[k]->value);
    EXPECT_EQ(alone.pairs[0]->residual, together.pairs[k]->residual);
    EXPECT_EQ(alone.pairs[0]->second, together.pairs[k]->second);
    EXPECT_TRUE(std::equal(alone.vectors.begin(), alone.vectors.end(),
                           together.vectors.begin() + static_cast<std::ptrdiff_t>(k * n)));
  }
}

}  // namespace
}  // namespace convexscan
