// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/isolated_eigenpair.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/lapack.hpp"
#include "cpu/point_curvature.hpp"
#include "curvature_problems.hpp"
#include "reference_network.hpp"
#include "shared/rounding.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;
using reference::Real;

/// Of [[0, r], [r, g]] the eigenvalues are λ₁ and λ₂ with λ₁·λ₂ = −r²: for v = e₁ Temple's bound
/// λ₁ ≥ −r²/λ₂ is an equality, so that anything less in the error's place is too little.
TEST(RefinedError, IsTemplesBoundWithNothingToSpare) {
  for (const double gap : {1.0, 0.3, 20.0}) {
    for (const double residual : {1e-3, 1e-6}) {
      const double root = std::sqrt(gap * gap + 4.0 * residual * residual);
      const double second = 0.5 * (gap + root);
      const double exact = -residual * residual / second;
      // The residual is taken to be that of a plain bound, by which λ₂ is moved too.
      const double plain = residual / (cpu::eigenvector_residual(1.0));
      const double error = cpu::refined_error(0.0, second + plain, plain, {0.0, 0.0});
      EXPECT_GE(error, -exact * (1.0 - 1e-12));
      EXPECT_LE(error, -exact * (1.0 + 1e-12));
      // What is known of vᵀHv, and how far the value is from it, is added.
      const double more = cpu::refined_error(1e-9, second + plain, plain, {0.0, 1e-10});
      EXPECT_GE(more, error + 1.1e-9);
      // Without a gap there is nothing but the plain bound.
      EXPECT_EQ(cpu::refined_error(0.0, plain, plain, {0.0, 0.0}), plain);
      EXPECT_EQ(cpu::refined_error(0.0, NAN, plain, {0.0, 0.0}), plain);
    }
  }
}

/// The exact matrix lies as far from the computed one as the bound says, in the worst direction:
/// Δ = β·(v₁v₂ᵀ + v₂v₁ᵀ) pushes λ₁ down by β²/(λ₂ − λ₁) and leaves v₁ᵀHv₁ as it is.
TEST(SmallestAlone, IsWithinItsErrorOfTheWorstMatrixThatTheBoundAllows) {
  constexpr std::size_t n = 40;
  std::vector<double> matrix(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) matrix[i * n + i] = static_cast<double>(i);
  matrix[0] = -30.0;
  cpu::DenseScratch scratch;
  int found = 0;
  for (const double bound : {1e-3, 1e-5, 1e-7}) {
    const auto form = [&](const std::vector<double>& v) {
      double square = 0.0;
      double sum = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        square += v[i] * v[i];
        sum += matrix[i * n + i] * v[i] * v[i];
      }
      return cpu::ValueWithError{(sum + 2.0 * bound * v[0] * v[1]) / square, 1e-15};
    };
    cpu::PointCurvature alone;
    if (!cpu::smallest_alone(matrix.data(), n, bound, cpu::scattered(n, 1), form, scratch, alone)) {
      continue;
    }
    ++found;
    // Of [[−30, β], [β, 1]]
    const double exact = -14.5 - std::sqrt(15.5 * 15.5 + bound * bound);
    EXPECT_LE(std::fabs(alone.min_eigenvalue - exact), alone.error) << bound;
    EXPECT_LT(alone.error, bound);
    EXPECT_LE(bound, alone.vector_error);  // ‖Hv − λv‖ is β here
  }
  EXPECT_EQ(found, 3);
}

Real exact_smallest(const std::vector<double>& matrix, std::size_t n) {
  std::vector<Real> both(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) both[i * n + j] = both[j * n + i] = matrix[i * n + j];
  }
  return reference::eigenvalues(both, n).front();
}

/// Cholesky factorisations of matrices that are indefinite by a rounding may go through, and after
/// the allowance has been taken away none does.
TEST(CholeskyAllowance, IsNeededAndEnough) {
  Random random(6);
  int deceived = 0;
  int proved = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const auto n = static_cast<std::size_t>(3 + trial % 8);
    const auto size = static_cast<std::int64_t>(n);
    // X·Xᵀ of a rank too little, rounded; in every third trial lifted by some ten allowances.
    const std::vector<double> x = normal(random, size * size);
    std::vector<double> matrix(n * n, 0.0);
    double diagonal = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t k = 0; k + 1 < n; ++k) matrix[i * n + j] += x[i * n + k] * x[j * n + k];
      }
      diagonal += matrix[i * n + i];
    }
    if (trial % 3 == 0) {
      for (std::size_t i = 0; i < n; ++i) matrix[i * n + i] += 1e-13 * diagonal;
    }
    const bool indefinite = exact_smallest(matrix, n) < -0x1p-60L * diagonal;
    std::vector<double> factor = matrix;
    if (indefinite && cpu::cholesky(factor.data(), size) == 0) ++deceived;
    factor = matrix;
    for (std::size_t i = 0; i < n; ++i) {
      factor[i * n + i] -= cpu::cholesky_allowance(diagonal, size);
    }
    if (cpu::cholesky(factor.data(), size) != 0) continue;
    ++proved;
    ASSERT_FALSE(indefinite) << trial;
  }
  EXPECT_GT(deceived, 100);  // or the allowance guards against nothing
  EXPECT_GT(proved, 500);    // or it takes everything away
}

}  // namespace
}  // namespace convexscan
