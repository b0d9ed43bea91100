// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/landscape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string_view>

#include "convexscan/backend.hpp"
#include "convexscan/scan.hpp"
#include "naive_network.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

using Real = long double;
using P = std::span<const Real>;

Real relu(Real x) { return x > 0 ? x : 0; }

/// The four values of 2 × 2 max-pooling of the convolution of a fixed image with the kernel p.
std::array<Real, 4> pooled(P p) {
  constexpr std::array<std::string_view, 6> image{"######", "    # ", "   #  ",
                                                  "  ### ", "  #   ", " #    "};
  std::array<Real, 4> largest;
  largest.fill(-std::numeric_limits<Real>::infinity());
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t column = 0; column < 4; ++column) {
      Real sum = 0;
      for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t c = 0; c < 3; ++c) {
          sum += image[row + r][column + c] == '#' ? p[3 * r + c] : 0;
        }
      }
      Real& window = largest[row / 2 * 2 + column / 2];
      window = std::max(window, sum);
    }
  }
  return largest;
}

Real pooled_sum(P p, bool rectified, bool squared) {
  Real sum = 0;
  for (const Real a : pooled(p)) {
    const Real b = rectified ? relu(a) : a;
    sum += squared ? (b - 1) * (b - 1) : b;
  }
  return sum;
}

/// Every function written out once more, with no formula in common with the program.
const std::map<std::string_view, std::function<Real(P)>>& definitions() {
  using std::exp, std::log, std::pow, std::sin;
  static const std::map<std::string_view, std::function<Real(P)>> all{
      {"xy", [](P p) { return p[0] * p[1]; }},
      {"x2y2", [](P p) { return pow(p[0], 2) * pow(p[1], 2); }},
      {"sine", [](P p) { return sin(p[0]); }},
      {"double-well", [](P p) { return pow(p[0], 4) - 2 * pow(p[0], 2) + 1; }},
      {"cubic", [](P p) { return -pow(p[0], 3); }},
      {"rosenbrock", [](P p) { return pow(1 - p[0], 2) + 100 * pow(p[1] - p[0] * p[0], 2); }},
      {"hyperbola", [](P p) { return pow(p[0] * p[1] - 1, 2); }},
      {"relu", [](P p) { return relu(p[0]); }},
      {"relu-well", [](P p) { return pow(1 - relu(p[0]), 2) / 2; }},
      {"log-sum-exp", [](P p) { return log(exp(p[0]) + exp(p[1]) + exp(p[2])); }},
      {"max-of-convex", [](P p) { return std::max(p[0] * p[0] + p[1], p[1] * p[1] - p[0]); }},
      {"max-pooling", [](P p) { return *std::max_element(p.begin(), p.end()); }},
      {"convolution-kernel",
       [](P p) { return pow(p[0] + 2 * p[1] - 1, 2) + pow(2 * p[0] - p[1], 2); }},
      {"convolution-input",
       [](P p) { return pow(p[0] - 2 * p[1] - 1, 2) + pow(p[1] - 2 * p[2], 2); }},
      {"convolution-joint",
       [](P p) {
         return pow(p[0] * p[2] + p[1] * p[3] - 1, 2) + pow(p[0] * p[3] + p[1] * p[4], 2);
       }},
      {"convolution-pooling", [](P p) { return pooled_sum(p, false, false); }},
      {"convolution-pooling-loss", [](P p) { return pooled_sum(p, false, true); }},
      {"convolution-layer", [](P p) { return pooled_sum(p, true, false); }},
      {"convolution-layer-loss", [](P p) { return pooled_sum(p, true, true); }},
      {"linear-map", [](P p) { return p[0] * p[2] + p[1] * p[3]; }},
      {"exp-of-square", [](P p) { return exp(p[0] * p[0] + p[1] * p[1]); }},
      {"root-of-square",
       [](P p) { return pow(p[0] * p[0] + p[1] * p[1] + Real(0.01), Real(0.25)); }},
  };
  return all;
}

TEST(Landscapes, AreAllDefinedHere) {
  EXPECT_EQ(landscapes().size(), definitions().size());
  for (const Landscape& landscape : landscapes()) {
    EXPECT_TRUE(definitions().contains(landscape.name)) << landscape.name;
  }
}

/// Values of order 10 after a dozen operations: 1e3·ε relative. First differences in long double at
/// h = 1e-5 leave 20·1e-19·|f|/h, 1e-13 of |f|, and h⁴ = 1e-20 times a fifth derivative below 1e4.
/// Second ones at h = 1e-3 leave 1e-12 of |f|, and h⁴ = 1e-12 times a sixth derivative below 1e4.
TEST(Landscapes, HaveTheValuesGradientsAndCurvaturesOfTheirDefinitions) {
  for (const Landscape& landscape : landscapes()) {
    Objective objective{landscape, {}, {}, "all"};
    objective.subset = parameter_subset(objective, "all");
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const auto& f = definitions().at(landscape.name);
    for (unsigned seed = 1; seed < 6; ++seed) {
      const std::vector<double> theta = gaussian_numbers(landscape.parameters, seed, 0.7);
      const std::vector<Real> at(theta.begin(), theta.end());
      const auto along = [&](const std::vector<double>& direction) {
        return [&f, &at, direction](Real h) {
          std::vector<Real> moved = at;
          for (std::size_t i = 0; i < at.size(); ++i) moved[i] += h * direction[i];
          return f(moved);
        };
      };
      std::vector<double> gradient(theta.size());
      const double value = backend->gradient(theta, gradient);
      EXPECT_LE(std::fabs(value - static_cast<double>(f(at))), 2e-13 * (1 + std::fabs(value)))
          << landscape.name;
      for (std::size_t i = 0; i < theta.size(); ++i) {
        std::vector<double> axis(theta.size(), 0.0);
        axis[i] = 1.0;
        const auto expected = static_cast<double>(naive::first_difference(along(axis), Real(1e-5)));
        EXPECT_LE(std::fabs(gradient[i] - expected), 1e-11 * (1 + std::fabs(expected)))
            << landscape.name << ", parameter " << i;
      }
      const std::vector<double> direction = gaussian_numbers(landscape.parameters, seed + 50, 0.5);
      const ScanResult result =
          scan(*backend, Slice{theta, {direction}}, Points{1, {0.0}}, {Quantity::plane_hessian});
      const auto expected =
          static_cast<double>(naive::second_difference(along(direction), Real(1e-3)));
      EXPECT_LE(std::fabs(result.values.at(Quantity::plane_hessian).data[0] - expected),
                1e-8 * (1 + std::fabs(expected)))
          << landscape.name;
    }
  }
}

}  // namespace
}  // namespace convexscan
