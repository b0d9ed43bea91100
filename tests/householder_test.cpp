// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/householder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lapack.hpp"
#include "curvature_problems.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

std::vector<double> symmetric(Random& random, std::int64_t n) {
  std::vector<double> matrix = normal(random, n * n);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < r; ++c) {
      matrix[static_cast<std::size_t>(c * n + r)] = matrix[static_cast<std::size_t>(r * n + c)];
    }
  }
  return matrix;
}

struct Reduced {
  explicit Reduced(std::vector<double> of)
      : matrix(std::move(of)),
        n(static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))))),
        diagonal(static_cast<std::size_t>(n)),
        off_diagonal(diagonal.size() - 1),
        reflections(diagonal.size()) {
    // What is above the diagonal is not read.
    for (std::int64_t r = 0; r < n; ++r) {
      std::fill_n(matrix.begin() + r * n + r + 1, n - r - 1, std::nan(""));
    }
    std::vector<double> scratch(2 * diagonal.size());
    cpu::householder_tridiagonalise(matrix.data(), n, diagonal, off_diagonal, reflections, scratch);
  }

  /// Q·x
  std::vector<double> back(std::vector<double> x) const {
    cpu::householder_transform_back(matrix.data(), n, reflections, x);
    return x;
  }

  std::vector<double> matrix;
  std::int64_t n;
  std::vector<double> diagonal;
  std::vector<double> off_diagonal;
  std::vector<double> reflections;
};

/// ‖Q·T·Qᵀ − A‖_F and the deviation of QᵀQ from the identity, in multiples of u·‖A‖_F and of u. The
/// errors of n reflections add up to at most c·n·u with a small c (Higham, *Accuracy and
/// Stability*, lemma 19.3 with γ of one reflection, some 4n + 20, which no matrix comes near).
void expect_decomposed(const std::vector<double>& matrix, const std::string& what) {
  const Reduced reduced(matrix);
  const auto n = static_cast<std::size_t>(reduced.n);
  std::vector<std::vector<double>> q(n);  // columns
  for (std::size_t k = 0; k < n; ++k) {
    q[k].assign(n, 0.0);
    q[k][k] = 1.0;
    q[k] = reduced.back(q[k]);
  }
  long double difference = 0;
  long double norm = 0;
  double skew = 0.0;
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) {
      long double entry = 0;
      for (std::size_t k = 0; k < n; ++k) {
        entry += static_cast<long double>(q[k][r]) * reduced.diagonal[k] * q[k][c];
        if (k + 1 == n) continue;
        entry += static_cast<long double>(reduced.off_diagonal[k]) *
                 (q[k][r] * static_cast<long double>(q[k + 1][c]) +
                  q[k + 1][r] * static_cast<long double>(q[k][c]));
      }
      difference += (entry - matrix[r * n + c]) * (entry - matrix[r * n + c]);
      norm += static_cast<long double>(matrix[r * n + c]) * matrix[r * n + c];
      long double product = r == c ? -1.0L : 0.0L;
      for (std::size_t k = 0; k < n; ++k) product += static_cast<long double>(q[r][k]) * q[c][k];
      skew = std::max(skew, static_cast<double>(std::fabs(product)));
    }
  }
  constexpr double u = 0x1p-53;
  const double reflections = static_cast<double>(n) * (4.0 * static_cast<double>(n) + 20.0);
  EXPECT_LE(static_cast<double>(std::sqrt(difference)),
            2.0 * reflections * u * static_cast<double>(std::sqrt(norm)))
      << what;
  EXPECT_LE(skew, 2.0 * reflections * u) << what;
}

TEST(Householder, MakesAMatrixTridiagonalByReflections) {
  Random random(21);
  for (const std::int64_t n : {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 33, 65}) {
    expect_decomposed(symmetric(random, n), "random, " + std::to_string(n));
  }
}

TEST(Householder, LeavesAloneWhatIsAlreadyZero) {
  Random random(22);
  constexpr std::size_t n = 20;
  std::vector<double> zeros(n * n, 0.0);
  expect_decomposed(zeros, "zeros");
  for (std::size_t i = 0; i < n; ++i) zeros[i * n + i] = 3.0;
  expect_decomposed(zeros, "a multiple of the identity");
  for (const double size : {1e-100, 1.0, 1e140}) {
    std::vector<double> blocks = symmetric(random, n);
    for (std::size_t r = 0; r < n; ++r) {
      for (std::size_t c = 0; c < n; ++c) {
        if ((r < 7) != (c < 7)) blocks[r * n + c] = 0.0;
        blocks[r * n + c] *= size;
      }
    }
    expect_decomposed(blocks, "two blocks");
  }
}

/// Squares that are no normal numbers have no last bits, and a reflection made of them is none.
TEST(Householder, LosesNothingToRowsWhoseSquaresUnderflow) {
  Random random(25);
  constexpr std::size_t n = 20;
  for (const std::size_t row : {std::size_t{0}, std::size_t{6}, n - 2}) {
    for (const double small : {1e-170, 2e-162, 1e-160, 1e-158, 1e-154, 1e-143, 1e-142, 1e-100}) {
      std::vector<double> matrix = symmetric(random, n);
      // Everything between the first rows and the others.
      for (std::size_t r = 0; r <= row; ++r) {
        for (std::size_t c = row + 1; c < n; ++c) {
          matrix[r * n + c] = matrix[c * n + r] = small * (c % 2 == 0 ? 1.0 : -1.3);
        }
      }
      expect_decomposed(matrix, std::to_string(row) + ": " + std::to_string(std::log10(small)));
    }
  }
}

/// Both tridiagonalisations say the same of a matrix, on either side of where LAPACK takes over.
TEST(Householder, HasLapacksEigenvalues) {
  Random random(23);
  for (const std::int64_t n : {cpu::householder_rows, cpu::householder_rows + 1}) {
    std::vector<double> matrix = symmetric(random, n);
    std::vector<double> copy = matrix;
    const auto size = static_cast<std::size_t>(n);
    std::vector<double> diagonal(size);
    std::vector<double> off_diagonal(size - 1);
    std::vector<double> reflections(size);
    cpu::tridiagonalise(copy.data(), n, diagonal, off_diagonal, reflections);
    ASSERT_TRUE(cpu::all_tridiagonal_eigenvalues(diagonal, off_diagonal));
    Reduced reduced(matrix);
    ASSERT_TRUE(cpu::all_tridiagonal_eigenvalues(reduced.diagonal, reduced.off_diagonal));
    const cpu::DenseEigenvalues own(matrix.data(), n);
    const std::vector<double> all = own.all();
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_LE(std::fabs(reduced.diagonal[i] - diagonal[i]), 2.0 * own.error());
    }
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_LE(std::fabs(all[i] - diagonal[i]), 2.0 * own.error());
  }
}

}  // namespace
}  // namespace convexscan
