// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/product_error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "convexscan/scan.hpp"
#include "cpu/hessian_vector.hpp"
#include "curvature_problems.hpp"
#include "reference_network.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;
using reference::Real;
using enum Quantity;

constexpr std::array activations{Activation::tanh,       Activation::sigmoid,  Activation::softplus,
                                 Activation::relu,       Activation::identity, Activation::sin,
                                 Activation::leaky_relu, Activation::silu};
constexpr std::array every_loss{Loss::mse, Loss::cross_entropy, Loss::binary_cross_entropy,
                                Loss::huber, Loss::output};
constexpr std::array<const char*, 4> widths{"1-2-2", "2-3-2", "3-3", "1-3-3-2"};

Objective objective_of(Random& random, int trial) {
  const auto pick = [&](const auto& from, int divisor) {
    return from[static_cast<std::size_t>(trial / divisor) % from.size()];
  };
  return network(random,
                 mlp(pick(widths, 40), pick(activations, 1), 0.2, trial % 3 > 0, trial % 5 == 0),
                 pick(every_loss, 8), 1 + trial % 9);
}

std::vector<Real> exact_hessian(const Objective& objective, const Slice& slice) {
  std::vector<Real> theta;
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    theta.push_back(slice.origin[i] + Real(0.3) * slice.directions[0][i] +
                    Real(-0.7) * slice.directions[1][i]);
  }
  return reference::hessian(*objective.network(), theta, objective.subset);
}

constexpr std::array<double, 2> coordinates{0.3, -0.7};

/// In long double the coordinates are those of the doubles.
TEST(ProductError, BoundsWhatRoundingDoesToThousandsOfProducts) {
  Random random(91);
  std::vector<double> ratios;
  cpu::ProductErrorScratch scratch;
  for (int trial = 0; trial < 3000; ++trial) {
    const Objective objective = objective_of(random, trial);
    const Slice slice = plane(random, objective.parameter_count(), trial % 7 == 0 ? 3.0 : 0.8);
    const cpu::NetworkData<double> data(*objective.network());
    const cpu::NetworkSlice<double> network_slice(data, slice);
    const cpu::SliceMagnitudes magnitudes(network_slice);
    cpu::FactorWorkspace work(data);
    std::vector<double> theta(slice.origin.size());
    std::vector<double> magnitude(theta.size());
    network_slice.weights_at(coordinates.data(), 0, theta.data());
    magnitudes.at(coordinates.data(), magnitude.data());
    const double bound = cpu::product_error(
        objective, slice, shared::UnderflowBound(*objective.network(), slice),
        {network_slice, magnitudes, coordinates.data(), theta.data(), magnitude.data()}, work,
        scratch);

    cpu::HessianVector product(objective, data, slice);
    product.set_point(coordinates.data());
    const std::size_t n = objective.subset.size();
    std::vector<double> vector = normal(random, static_cast<std::int64_t>(n));
    // One entry alone, or all of them.
    if (trial % 2 == 0) {
      std::ranges::fill(vector, 0.0);
      vector[static_cast<std::size_t>(trial) % n] = 1.0;
    }
    double length = 0.0;
    for (const double v : vector) length += v * v;
    length = std::sqrt(length);
    std::vector<double> found(n);
    product.apply(vector.data(), 1, found.data());

    std::vector<Real> theta_exact;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      theta_exact.push_back(slice.origin[i] + Real(coordinates[0]) * slice.directions[0][i] +
                            Real(coordinates[1]) * slice.directions[1][i]);
    }
    const auto exact = reference::hessian(*objective.network(), theta_exact, objective.subset);
    Real square = 0;
    Real size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      Real entry = 0;
      for (std::size_t j = 0; j < n; ++j) {
        entry += exact[i * n + j] * vector[j];
        size += exact[i * n + j] * exact[i * n + j];
      }
      square += (found[i] - entry) * (found[i] - entry);
    }
    const double error = static_cast<double>(std::sqrt(square)) / length;
    ASSERT_LE(error, bound + 64.0 * 0x1p-64 * static_cast<double>(std::sqrt(size))) << trial;
    if (error > 0.0) ratios.push_back(bound / error);
  }
  std::ranges::nth_element(ratios, ratios.begin() + std::ssize(ratios) / 2);
  RecordProperty("median_ratio", std::to_string(ratios[ratios.size() / 2]));
  EXPECT_GE(ratios.size(), 1500U);
  // Norms instead of numbers, and sums over all parameters: it is no sharp bound, and need not be.
  EXPECT_LE(ratios[ratios.size() / 2], 1e4);
}

/// Lanczos that goes on until nothing is left has a residual of rounding alone: what it says is
/// within its bound of an eigenvalue of the exact Hessian.
TEST(MatrixFree, FindsAnEigenvalueWithinItsBound) {
  Random random(92);
  int without = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    const Objective objective = objective_of(random, trial);
    const Slice slice = plane(random, objective.parameter_count(), 0.8);
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const ValueTable found =
        scan(*backend, slice, Points{2, {coordinates[0], coordinates[1]}},
             {min_eigenvalue, min_eigenvalue_error, max_eigenvalue, max_eigenvalue_error}, {},
             nullptr, {.eigensolver = Eigensolver::lanczos})
            .values;
    const double smallest = found.at(min_eigenvalue).data[0];
    if (std::isnan(smallest)) {  // a Hessian of zeros
      ++without;
      continue;
    }
    const auto exact = exact_hessian(objective, slice);
    const auto eigenvalues = reference::eigenvalues(exact, objective.subset.size());
    const double slack = 0x1p-56 * static_cast<double>(std::fabs(eigenvalues.front()) +
                                                       std::fabs(eigenvalues.back()));
    const auto distance = [&](double value) {
      Real nearest = HUGE_VALL;
      for (const Real e : eigenvalues) nearest = std::min(nearest, std::fabs(e - value));
      return static_cast<double>(nearest);
    };
    ASSERT_LE(distance(smallest), found.at(min_eigenvalue_error).data[0] + slack) << trial;
    ASSERT_LE(distance(found.at(max_eigenvalue).data[0]),
              found.at(max_eigenvalue_error).data[0] + slack)
        << trial;
  }
  EXPECT_LE(without, 200);
}

TEST(MatrixFree, TakesFewerStepsThanEightWhenAskedTo) {
  Random random(93);
  const Objective objective =
      network(random, mlp("4-9-2", Activation::tanh, 0.0, true, false), Loss::mse, 30);
  const Slice slice = plane(random, objective.parameter_count());
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto smallest = [&](std::int64_t steps) {
    return scan(*backend, slice, Points{2, {0.0, 0.0}}, {min_eigenvalue}, {}, nullptr,
                {.eigensolver = Eigensolver::lanczos, .lanczos_steps = steps})
        .values.at(min_eigenvalue)
        .data[0];
  };
  // Each step more can only find a smaller value, and three are not yet twenty.
  EXPECT_GT(smallest(3), smallest(20));
}

}  // namespace
}  // namespace convexscan
