// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/batched_lanczos.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "random_networks.hpp"
#include "shared/tridiagonal.hpp"

namespace convexscan {
namespace {

/// Diagonal matrices (points, n), whose products need no more than the entries.
std::vector<cpu::RitzPairs> run(const std::vector<double>& spectra, std::int64_t n,
                                const cpu::LanczosLimits& limits,
                                std::vector<double>* smallest = nullptr,
                                std::span<const double> below = {}) {
  const auto points = static_cast<std::int64_t>(spectra.size()) / n;
  cuda::BatchedLanczos lanczos(n, points, limits, nullptr);
  const auto product = [&](const double* vectors, std::int64_t stride, double* products) {
    // Device memory is the processor's in this program.
    for (std::int64_t p = 0; p < points; ++p) {
      for (std::int64_t i = 0; i < n; ++i) {
        products[p * n + i] =
            spectra[static_cast<std::size_t>(p * n + i)] * vectors[p * stride + i];
      }
    }
  };
  std::vector<cpu::RitzPairs> pairs = lanczos.run(product, cpu::scattered(n, 7), points, below);
  if (smallest != nullptr) {
    smallest->resize(spectra.size());
    lanczos.vectors(0).download(*smallest, nullptr);
  }
  return pairs;
}

TEST(BatchedLanczos, FindsBothEndsOfEverySpectrumWithinItsResiduals) {
  constexpr std::int64_t n = 200;
  std::vector<double> spectra = random_numbers(5 * n, 3);
  for (std::int64_t i = 0; i < n; ++i) {
    spectra[static_cast<std::size_t>(i)] = 0.0;              // one point with nothing,
    spectra[static_cast<std::size_t>(n + i)] = 1.0;          // one with one eigenvalue,
    spectra[static_cast<std::size_t>(2 * n + i)] *= 1e-150;  // and one that is tiny
  }
  std::vector<double> vectors;
  const std::vector<cpu::RitzPairs> pairs = run(spectra, n, {.steps = 140}, &vectors);
  for (std::size_t p = 0; p < 5; ++p) {
    const auto own = std::span(spectra).subspan(p * n, n);
    const auto [low, high] = std::ranges::minmax(own);
    // Tiny pivots are no smaller than 1e-290.
    const double allowed = 1e-8 * (high - low) + 1e-13 * std::max(std::fabs(low), high) + 1e-289;
    EXPECT_LE(std::fabs(pairs[p].smallest - low), allowed) << p;
    EXPECT_LE(std::fabs(pairs[p].largest - high), allowed) << p;
    EXPECT_LE(pairs[p].smallest_residual, allowed) << p;
    // ‖A x − θ x‖ is the residual that was told, and the vector has unit length.
    double square = 0.0;
    double residual = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double x = vectors[p * n + i];
      square += x * x;
      residual = std::hypot(residual, (own[i] - pairs[p].smallest) * x);
    }
    EXPECT_LE(std::fabs(square - 1.0), 1e-12) << p;
    EXPECT_LE(residual, allowed) << p;
  }
}

TEST(BatchedLanczos, IsTheSameAsForOneMatrixAtATime) {
  constexpr std::int64_t n = 60;
  const std::vector<double> spectra = random_numbers(4 * n, 5);
  for (const std::int64_t steps : {1, 2, 9, 60}) {
    const cpu::LanczosLimits limits{.steps = steps, .tolerance = 1e-7};
    const std::vector<cpu::RitzPairs> together = run(spectra, n, limits);
    for (std::size_t p = 0; p < 4; ++p) {
      const std::vector<double> own(spectra.begin() + static_cast<std::ptrdiff_t>(p * n),
                                    spectra.begin() + static_cast<std::ptrdiff_t>((p + 1) * n));
      const cpu::RitzPairs alone = run(own, n, limits).front();
      EXPECT_EQ(together[p].smallest, alone.smallest);
      EXPECT_EQ(together[p].largest_residual, alone.largest_residual);
      EXPECT_EQ(together[p].steps, alone.steps);
      const cpu::RitzPairs host = cpu::lanczos(
          [&](const double* x, double* y) {
            for (std::size_t i = 0; i < n; ++i) y[i] = own[i] * x[i];
          },
          cpu::scattered(n, 7), limits);
      // Rounding perturbs the tridiagonal matrix by a few u·‖A‖ a step, and Ritz values by no more
      // while the basis is orthogonal.
      const double allowed = 1e-13 * static_cast<double>(steps) * 4.0;
      EXPECT_LE(std::fabs(alone.smallest - host.smallest), allowed) << steps;
      EXPECT_LE(std::fabs(alone.largest - host.largest), allowed) << steps;
      EXPECT_EQ(alone.steps, host.steps);
    }
  }
}

/// For a sign: each point stops at a threshold of its own, whatever the others need, and does not
/// wait for the largest end.
TEST(BatchedLanczos, StopsEachPointBelowItsOwnThreshold) {
  constexpr std::int64_t n = 200;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> spectra = random_numbers(3 * n, 11);
  const cpu::LanczosLimits values{.steps = n, .tolerance = 1e-7};
  const cpu::LanczosLimits sign{.steps = n, .tolerance = 1e-7, .both_ends = false};
  const std::vector<double> below{-1e-3, -infinity, -1.5};
  const std::vector<cpu::RitzPairs> all = run(spectra, n, values);
  const std::vector<cpu::RitzPairs> one_end = run(spectra, n, sign);
  const std::vector<cpu::RitzPairs> found = run(spectra, n, sign, nullptr, below);
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_LE(one_end[p].steps, all[p].steps);
    const double accepted = 1e-7 * (one_end[p].largest - one_end[p].smallest);
    EXPECT_LE(one_end[p].smallest_residual, accepted);
    const std::vector<double> own(spectra.begin() + static_cast<std::ptrdiff_t>(p * n),
                                  spectra.begin() + static_cast<std::ptrdiff_t>((p + 1) * n));
    const cpu::RitzPairs alone = run(own, n, sign, nullptr, std::span(below).subspan(p, 1)).front();
    EXPECT_EQ(found[p].steps, alone.steps);
    EXPECT_EQ(found[p].smallest, alone.smallest);
  }
  EXPECT_LT(found[0].smallest, below[0]);
  EXPECT_LT(found[2].smallest, below[2]);
  EXPECT_LT(found[0].steps, found[2].steps);
  EXPECT_LT(4 * found[2].steps, one_end[2].steps);
  EXPECT_EQ(found[1].steps, one_end[1].steps);
}

TEST(BatchedLanczos, HasNothingWhereAProductIsNotFinite) {
  constexpr std::int64_t n = 20;
  std::vector<double> spectra = random_numbers(2 * n, 9);
  spectra[3] = std::numeric_limits<double>::quiet_NaN();
  const std::vector<cpu::RitzPairs> pairs = run(spectra, n, {});
  EXPECT_TRUE(std::isnan(pairs[0].smallest));
  EXPECT_FALSE(std::isnan(pairs[1].smallest));
}

TEST(Tridiagonal, EigenvectorsHaveTheResidualTheyTell) {
  constexpr std::int64_t n = 33;
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    std::vector<double> d = random_numbers(n, seed);
    std::vector<double> e = random_numbers(n, seed + 100);
    if (seed % 4 == 0) e[n / 2] = 0.0;    // two matrices in one
    if (seed % 5 == 0) e.assign(n, 0.0);  // a diagonal one
    if (seed % 7 == 0) d.assign(n, 0.0);
    const auto all = shared::gershgorin(d.data(), e.data(), n);
    const double size = std::max(std::fabs(all.low), std::fabs(all.high));
    double low = all.low;
    double high = all.high;
    for (int i = 0; i < 80; ++i) {
      const double middle = 0.5 * (low + high);
      (shared::count_below(d.data(), e.data(), n, middle) > 0 ? high : low) = middle;
    }
    std::vector<double> scratch(2 * n);
    std::vector<double> s(n);
    const double told =
        shared::twisted_eigenvector(d.data(), e.data(), n, low, scratch.data(), s.data());
    double square = 0.0;
    double residual = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      double r = (d[i] - low) * s[i];
      if (i > 0) r += e[i - 1] * s[i - 1];
      if (i + 1 < n) r += e[i] * s[i + 1];
      residual = std::hypot(residual, r);
      square += s[i] * s[i];
    }
    EXPECT_LE(std::fabs(square - 1.0), 1e-13) << seed;
    // Tiny pivots are no smaller than 1e-290.
    EXPECT_LE(residual, told + 1e-14 * size) << seed;
    EXPECT_LE(told, 1e-13 * size + 1e-289) << seed;
  }
}

}  // namespace
}  // namespace convexscan
