// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/landscape_hessian.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "cpu/landscape_kinks.hpp"
#include "naive_network.hpp"
#include "shared/bounded_point.hpp"
#include "shared/jets.hpp"
#include "shared/landscapes.hpp"

namespace convexscan {
namespace {

using naive::Quad;
using shared::Jet;

Objective function(const Landscape& landscape) {
  Objective objective{landscape, {}, {}, "all"};
  objective.subset.resize(static_cast<std::size_t>(landscape.parameters));
  std::iota(objective.subset.begin(), objective.subset.end(), std::int64_t{0});
  return objective;
}

/// ‖matrix − exact‖_F, the same formula in 113 bits at origin + Σ c_j·direction_j, whose products
/// have 106.
double distance_from_exact(const Landscape& landscape, const Slice& slice,
                           std::span<const double> coordinates, std::span<const double> matrix) {
  std::vector<Jet<Quad>> p;
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    Quad theta = slice.origin[i];
    for (std::size_t j = 0; j < coordinates.size(); ++j) {
      theta += Quad(coordinates[j]) * slice.directions[j][i];
    }
    p.emplace_back(theta);
  }
  Quad squares = 0;
  for (std::size_t r = 0; r < p.size(); ++r) {
    p[r].x = 1;
    for (std::size_t c = 0; c <= r; ++c) {
      p[c].y = 1;
      const Quad exact = shared::landscape_value(landscape.id, p.data()).xy;
      const Quad d = exact - matrix[r * p.size() + c];
      squares += (r == c ? 1 : 2) * d * d;
      p[c].y = 0;
    }
    p[r].x = 0;
  }
  return static_cast<double>(sqrt(squares));
}

/// Planes that pass near the centre, from origins that are up to 10⁶ away from it.
TEST(LandscapeHessian, IsWithinItsBoundHoweverFarTheOriginIs) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const Landscape& landscape : landscapes()) {
    SCOPED_TRACE(landscape.name);
    const Objective objective = function(landscape);
    const auto parameters = static_cast<std::size_t>(landscape.parameters);
    for (int trial = 0; trial < 300; ++trial) {
      const double away = std::pow(10.0, trial % 4 * 2);
      const std::vector<double> coordinates{away * normal(random), away * normal(random)};
      Slice slice{std::vector<double>(parameters),
                  {std::vector<double>(parameters), std::vector<double>(parameters)}};
      for (std::size_t i = 0; i < parameters; ++i) {
        for (auto& direction : slice.directions) direction[i] = normal(random);
        slice.origin[i] = landscape.centre[i] + normal(random) -
                          coordinates[0] * slice.directions[0][i] -
                          coordinates[1] * slice.directions[1][i];
      }
      std::vector<double> matrix;
      const double bound = cpu::landscape_hessian(objective, slice, coordinates.data(), matrix);
      ASSERT_LE(distance_from_exact(landscape, slice, coordinates, matrix), bound) << trial;
      if (trial % 4 != 0 ||
          cpu::is_on_kink(landscape, shared::bounded_point(slice, coordinates.data()))) {
        continue;
      }
      // Some hundred operations with numbers of at most a thousand times the largest entry.
      const double largest = std::fabs(
          *std::ranges::max_element(matrix, {}, [](double entry) { return std::fabs(entry); }));
      ASSERT_LE(bound, 1e5 * 0x1p-53 * (1.0 + largest)) << trial;
    }
  }
}

TEST(LandscapeHessian, CoversBothSidesOfAKink) {
  const Objective objective = function(landscape("relu-well"));
  for (const double theta : {0.0, 1e-17, -1e-17}) {
    // 1 − 1 + θ, with a rounding of 10⁻¹⁶ that hides the side.
    const Slice slice{{1.0}, {{-1.0}}};
    const double c = 1.0 - theta;
    std::vector<double> matrix;
    const double bound = cpu::landscape_hessian(objective, slice, &c, matrix);
    EXPECT_GE(matrix[0] + bound, 1.0);
    EXPECT_LE(matrix[0] - bound, 0.0);
  }
}

}  // namespace
}  // namespace convexscan
