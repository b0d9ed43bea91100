// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/dense_eigenvalues.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "convexscan/curvature.hpp"
#include "cpu/hessian.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/lapack.hpp"
#include "cpu/point_curvature.hpp"
#include "cpu/verdict_cascade.hpp"
#include "curvature_problems.hpp"
#include "reference_network.hpp"
#include "shared/rounding.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

/// Q·diag(spectrum)·Qᵀ for a product Q of Householder reflections, in long double, rounded once.
std::vector<double> matrix_with(const std::vector<double>& spectrum, Random& random) {
  const std::size_t n = spectrum.size();
  std::vector<long double> a(n * n, 0.0L);
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] = spectrum[i];
  const int reflections = n > 100 ? 3 : static_cast<int>(n);
  for (int k = 0; n > 1 && k < reflections; ++k) {
    const std::vector<double> v = normal(random, static_cast<std::int64_t>(n));
    long double square = 0;
    for (const double x : v) square += static_cast<long double>(x) * x;
    // A ← A − 2 v wᵀ/vᵀv − 2 w vᵀ/vᵀv + 4 (vᵀAv) v vᵀ/(vᵀv)², w = A v
    std::vector<long double> w(n, 0.0L);
    long double form = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) w[i] += a[i * n + j] * v[j];
      form += w[i] * v[i];
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        a[i * n + j] +=
            (-2 * (v[i] * w[j] + w[i] * v[j]) + 4 * form * v[i] * v[j] / square) / square;
      }
    }
  }
  return {a.begin(), a.end()};
}

/// The rounding of the entries moves an eigenvalue by at most u·‖A‖_F.
double bound_of(const cpu::DenseEigenvalues& eigenvalues, double norm) {
  return eigenvalues.error() + shared::unit_roundoff * norm;
}

/// isolated: whether λ_min stands out enough to be found alone.
void expect_known(std::vector<double> spectrum, const std::string& what, bool isolated = false) {
  Random random(17);
  const auto n = static_cast<std::int64_t>(spectrum.size());
  std::vector<double> matrix = matrix_with(spectrum, random);
  const std::vector<double> kept = matrix;
  std::ranges::sort(spectrum);
  const double norm = cpu::frobenius_norm(matrix.data(), n);
  const cpu::DenseEigenvalues eigenvalues(matrix.data(), n);
  const double bound = bound_of(eigenvalues, norm);
  EXPECT_LE(std::fabs(eigenvalues.smallest() - spectrum.front()), bound) << what;
  EXPECT_LE(std::fabs(eigenvalues.largest() - spectrum.back()), bound) << what;
  const std::vector<double> all = eigenvalues.all();
  std::int64_t negative = 0;
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    EXPECT_LE(std::fabs(all[i] - spectrum[i]), bound) << what << " number " << i;
    if (spectrum[i] < -2.0 * bound) ++negative;
  }
  EXPECT_EQ(eigenvalues.count_below(-bound), negative) << what;

  // λ_min alone is the same, and the second eigenvalue is where it is said to be at least.
  cpu::DenseScratch room;
  const double stored = shared::unit_roundoff * norm;  // by how much storing moved the spectrum
  const auto alone =
      cpu::isolated_smallest(kept.data(), n, norm, stored, cpu::scattered(n, 1), room);
  if (alone) {
    EXPECT_LE(alone->second, spectrum[1] + stored) << what;
    const double below = alone->residual * alone->residual / (alone->second - alone->value);
    EXPECT_LE(below, stored) << what;
    EXPECT_LE(std::fabs(alone->value - spectrum.front()), below + bound) << what;
  }
  EXPECT_EQ(alone != nullptr, isolated) << what;

  // The verdict without eigenvalues is the one with them.
  cpu::DenseScratch scratch;
  const auto settled = cpu::matrix_verdict(kept.data(), n, shared::unit_roundoff * norm,
                                           cpu::scattered(n, 1), scratch);
  EXPECT_EQ(settled.verdict, verdict_of(eigenvalues.smallest(), bound))
      << what << " by " << name(settled.stage);
}

TEST(Eigenvalues, AKnownSpectrumComesBackWithinItsBound) {
  Random random(3);
  expect_known({1.0, 0.5, 0.03}, "convex", true);
  expect_known({-1.0, -0.5, -0.2}, "concave", true);
  expect_known({3.0}, "one");
  expect_known({-3.0}, "one");
  expect_known({2.0, -1e-9}, "two", true);
  expect_known({0.0, 0.0}, "nothing");
  std::vector<double> clustered(150, 0.0);
  for (std::size_t i = 0; i < 60; ++i) clustered[i] = 1e-9 * static_cast<double>(i);
  clustered.back() = 100.0;
  expect_known(clustered, "clustered at zero");
  std::vector<double> negative = normal(random, 97);
  for (double& x : negative) x = -std::fabs(x) - 0.01;
  expect_known(negative, "all negative", true);
  std::vector<double> deficient = normal(random, 80);
  for (std::size_t i = 0; i < 80; ++i) deficient[i] = i < 50 ? 0.0 : std::fabs(deficient[i]);
  expect_known(deficient, "rank-deficient");
  std::vector<double> thousand = normal(random, 1000);
  expect_known(thousand, "thousand", true);
  thousand[7] = *std::ranges::min_element(thousand);
  expect_known(thousand, "thousand, the smallest twice");
}

/// c·I, and c·I with entries beside the diagonal that are next to nothing beside c: every vector
/// is one of its eigenvectors, up to the size of those.
TEST(Eigenvalues, OfAMultipleOfTheIdentityHaveAVector) {
  for (const double c : {1e-150, -1e-12, 1e-7, 2e-3, -2e-3, 1.0, -3.0, 1e120}) {
    for (const double beside : {0.0, 1e-19, 1e-16}) {
      for (const std::int64_t n : {1, 2, 3, 8, 40}) {
        const auto size = static_cast<std::size_t>(n);
        std::vector<double> matrix(size * size, beside * c);
        for (std::size_t i = 0; i < size; ++i) matrix[i * size + i] = c;
        cpu::DenseEigenvalues eigenvalues(matrix.data(), n);
        const std::vector<double> vector = eigenvalues.smallest_vector();
        ASSERT_EQ(vector.size(), size) << c << " " << beside;
        double square = 0.0;
        for (const double v : vector) square += v * v;
        EXPECT_NEAR(square, 1.0, 1e-13) << c << " " << beside << " " << n;
      }
    }
  }
}

TEST(Eigenvalues, TheSmallestAloneIsNotGivenWhenItCannotBeSeenFromTheStart) {
  // The start has no share in the eigenvector of −5: for Lanczos the smallest eigenvalue is −1,
  // and only the factorisation can know better.
  constexpr std::size_t n = 120;
  std::vector<double> matrix(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) matrix[i * n + i] = 1.0 + 0.01 * static_cast<double>(i);
  matrix[3 * n + 3] = -1.0;
  std::vector<double> start = cpu::scattered(n, 1);
  cpu::DenseScratch scratch;
  const auto smallest = [&] {
    const double norm = cpu::frobenius_norm(matrix.data(), n);
    return cpu::isolated_smallest(matrix.data(), n, norm, 1e-15, start, scratch);
  };
  ASSERT_TRUE(smallest());
  EXPECT_NEAR(smallest()->value, -1.0, 1e-14);
  matrix[8 * n + 8] = -5.0;
  ASSERT_TRUE(smallest());
  EXPECT_NEAR(smallest()->value, -5.0, 1e-14);
  start[8] = 0.0;
  EXPECT_FALSE(smallest());
}

TEST(Eigenvalues, OfAShiftedWishartMatrixAreShifted) {
  Random random(4);
  constexpr std::int64_t n = 60;
  const std::vector<double> x = normal(random, n * n);
  for (const double shift : {-3.0, 0.0, 0.25, 10.0}) {
    std::vector<double> plain(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t k = 0; k < n; ++k) plain[i * n + j] += x[i * n + k] * x[j * n + k];
      }
    }
    std::vector<double> moved = plain;
    for (std::size_t i = 0; i < n; ++i) moved[i * n + i] += shift;
    const double norm = cpu::frobenius_norm(moved.data(), n);
    const cpu::DenseEigenvalues before(plain.data(), n);
    const cpu::DenseEigenvalues after(moved.data(), n);
    EXPECT_LE(std::fabs(after.smallest() - before.smallest() - shift),
              before.error() + bound_of(after, norm));
  }
}

TEST(Eigenvalues, OfThousandsOfMatricesGradedOrDeficientAreWithinTheirBound) {
  Random random(9);
  cpu::DenseScratch scratch;
  int found_alone = 0;
  for (const std::size_t n : {2, 3, 5, 8, 13}) {
    for (int trial = 0; trial < 800; ++trial) {
      const auto count = static_cast<std::int64_t>(n);
      const std::size_t rank = trial % 3 == 0 ? n : (n + 1) / 2;
      const std::vector<double> x = normal(random, count * count);
      std::vector<double> scale = normal(random, count);
      for (double& s : scale)
        s = trial % 5 == 3 ? std::pow(10.0, 3.0 * s) : (trial % 2 == 0 ? 1.0 : s);
      std::vector<double> matrix(n * n, 0.0);
      std::vector<reference::Real> exact(n * n);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          for (std::size_t k = 0; k < rank; ++k) {
            matrix[i * n + j] += x[i * n + k] * x[j * n + k] * scale[k];
          }
          exact[i * n + j] = exact[j * n + i] = matrix[i * n + j];
        }
      }
      const std::vector<reference::Real> wanted = reference::eigenvalues(exact, n);
      const std::vector<double> kept = matrix;
      const double norm = cpu::frobenius_norm(matrix.data(), count);
      const cpu::DenseEigenvalues eigenvalues(matrix.data(), count);
      const std::vector<double> all = eigenvalues.all();
      if (const auto alone = cpu::isolated_smallest(kept.data(), count, norm, 1e-3 * norm,
                                                    cpu::scattered(count, 1), scratch)) {
        ++found_alone;
        // Proved, whatever was accepted; the reference is exact to 2⁻⁶⁴·‖A‖ and a few.
        const double exact_to = 0x1p-58 * norm;
        const double q = alone->value;
        const double rounding = shared::gamma_bound(2 * count + 4) * norm;
        EXPECT_LE(alone->second, static_cast<double>(wanted[1]) + exact_to);
        EXPECT_LE(static_cast<double>(wanted[0]), q + rounding + exact_to);
        EXPECT_LE(q - alone->residual * alone->residual / (alone->second - q),
                  static_cast<double>(wanted[0]) + rounding + exact_to);
      }
      EXPECT_LE(std::fabs(eigenvalues.smallest() - static_cast<double>(wanted.front())),
                eigenvalues.error());
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_LE(std::fabs(all[i] - static_cast<double>(wanted[i])), eigenvalues.error());
      }
    }
  }
  EXPECT_GE(found_alone, 500);
}

/// Real errors against bounds, over thousands of small networks.
TEST(Eigenvalues, BoundHoldsInEveryTrialAndIsWithinAHundredTimesTheErrorInTheMedian) {
  Random random(2024);
  std::vector<double> ratios;
  constexpr int trials = 3000;
  using enum Activation;
  constexpr std::array activations{tanh, sigmoid, softplus,  relu, identity,  sin,
                                   gelu, silu,    gelu_tanh, elu,  leaky_relu};
  constexpr std::array losses{Loss::mse, Loss::cross_entropy, Loss::binary_cross_entropy,
                              Loss::huber};
  constexpr std::array<const char*, 5> widths{"1-2-2", "2-3-2", "2-2-2", "3-3", "1-1-1-2"};
  for (int trial = 0; trial < trials; ++trial) {
    const auto pick = [&](const auto& from, int divisor) {
      return from[static_cast<std::size_t>(trial / divisor) % from.size()];
    };
    const Activation activation = pick(activations, 1);
    const bool residual = trial / 11 % 3 == 0;
    Objective objective = network(
        random, mlp(pick(widths, 44), activation, default_slope(activation), true, residual),
        pick(losses, 11), 1 + trial % 9);
    const double strength = trial % 4 == 0 ? 0.01 : 0.0;
    if (strength > 0.0) {
      objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = strength}};
    }
    const Slice slice = plane(random, objective.parameter_count(), trial % 7 == 0 ? 3.0 : 0.8);
    const cpu::NetworkData<double> data(*objective.network());
    const cpu::NetworkSlice<double> network_slice(data, slice);
    const cpu::NetworkHessian hessian(objective, network_slice, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    const cpu::SliceMagnitudes magnitudes(network_slice);
    cpu::Prober prober(objective, network_slice, magnitudes, slice, workspace.factors);
    std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
    const double coordinates[] = {0.3, -0.7};
    const double bound = hessian.assemble(coordinates, workspace, matrix.data());
    cpu::DenseScratch solver;
    cpu::PointCurvature curvature;
    cpu::curvature_of(
        matrix.data(), hessian.size(), {bound, workspace.trace_error},
        {{Quantity::min_eigenvalue}, {}, {}},
        [&](const std::vector<double>& vector) { return prober.rayleigh(coordinates, vector); },
        solver, curvature);

    std::vector<reference::Real> theta;
    for (std::size_t i = 0; i < slice.origin.size(); ++i) {
      theta.push_back(slice.origin[i] + reference::Real(coordinates[0]) * slice.directions[0][i] +
                      reference::Real(coordinates[1]) * slice.directions[1][i]);
    }
    auto exact = reference::hessian(*objective.network(), theta, objective.subset);
    for (std::size_t i = 0; i < theta.size(); ++i) {
      exact[i * theta.size() + i] += 2 * reference::Real(strength);
    }
    const double smallest =
        static_cast<double>(reference::eigenvalues(exact, objective.subset.size()).front());
    const double error = std::fabs(curvature.min_eigenvalue - smallest);
    // The reference has errors too, of its own precision.
    long double square = 0;
    for (const reference::Real h : exact) square += h * h;
    const double allowed =
        curvature.error + 64.0 * 0x1p-64 * static_cast<double>(std::sqrt(square));
    ASSERT_LE(error, allowed) << "trial " << trial << ", smallest eigenvalue " << smallest;
    // Where the value happens to be exact, as for a Hessian of zeros, there is nothing to compare
    // with.
    if (error > 0.0) ratios.push_back(curvature.error / error);
  }
  std::ranges::nth_element(ratios, ratios.begin() + ratios.size() / 2);
  const double median = ratios[ratios.size() / 2];
  EXPECT_GE(ratios.size(), trials * 3 / 4);
  RecordProperty("median_ratio", std::to_string(median));
  EXPECT_LE(median, 100.0);
}

TEST(Verdict, IsUndecidedWithinTheBoundAndForWhatIsNotANumber) {
  EXPECT_EQ(verdict_of(1.0, 0.5), Verdict::locally_convex);
  EXPECT_EQ(verdict_of(-1.0, 0.5), Verdict::not_convex);
  EXPECT_EQ(verdict_of(0.5, 0.5), Verdict::undecided);
  EXPECT_EQ(verdict_of(-0.5, 0.5), Verdict::undecided);
  EXPECT_EQ(verdict_of(NAN, 0.5), Verdict::undecided);
  EXPECT_EQ(verdict_of(1.0, NAN), Verdict::undecided);
}

}  // namespace
}  // namespace convexscan
