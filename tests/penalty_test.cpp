// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "convexscan/scan.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

/// What a penalty with a centre adds to the loss, to the gradient and to the plane's Hessian, by
/// formulas that a person can check, in long double.
namespace convexscan {
namespace {

using Kind = PenaltyTerm::Kind;

/// Of Σ V d², Σ Vⁱ d², Σ V|d| or Σ V|d|ᴾ with d = θ − c, with the sum of the magnitudes that were
/// added to each, which rounding is relative to.
struct ByHand {
  long double value = 0;
  std::vector<long double> gradient;       // (parameters)
  std::array<long double, 3> hessian{};    // xx, xy, yy
  std::array<long double, 3> magnitude{};  // of the terms of each
};

ByHand by_hand(const PenaltyTerm& term, const std::vector<double>& theta,
               const std::vector<double>& centre, const Slice& slice) {
  ByHand sum;
  const long double V = term.value;
  const long double P = term.exponent;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const long double d = static_cast<long double>(theta[i]) - centre[i];
    const long double side = d < 0 ? -1 : 1;
    long double first = 0;
    long double second = 0;
    switch (term.kind) {
      case Kind::l2:
        sum.value += V * d * d;
        first = 2 * V * d;
        second = 2 * V;
        break;
      case Kind::l2_graded: {
        long double power = 1;
        for (std::size_t k = 0; k <= i; ++k) power *= V;
        sum.value += power * d * d;
        first = 2 * power * d;
        second = 2 * power;
        break;
      }
      case Kind::l1:
        sum.value += V * side * d;
        first = V * side;
        break;
      case Kind::lp:
        sum.value += V * std::exp(P * std::log(side * d));
        first = V * P * side * std::exp((P - 1) * std::log(side * d));
        second = V * P * (P - 1) * std::exp((P - 2) * std::log(side * d));
        break;
    }
    sum.gradient.push_back(first);
    const long double x = slice.directions[0][i];
    const long double y = slice.directions[1][i];
    const std::array<long double, 3> products{x * x, x * y, y * y};
    for (std::size_t k = 0; k < 3; ++k) {
      sum.hessian[k] += second * products[k];
      sum.magnitude[k] += std::fabs(second * products[k]);
    }
  }
  return sum;
}

class CentredPenalty : public TestedCuda {
 protected:
  void SetUp() override {
    if (GetParam() != "cpu") TestedCuda::SetUp();
  }

  std::unique_ptr<Backend> backend(const Objective& objective) const {
    return GetParam() == "cpu" ? make_backend("cpu", objective, Precision::float64)
                               : make_tested_cuda(objective, Precision::float64);
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, CentredPenalty, testing::Values("cpu", tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

/// The objective without its penalty gives the other part; it has tests of its own.
///
/// Tolerance. d is of order 1 and at least ¼ from the kink, made of numbers below 8: its relative
/// error is at most 4·8/¼ ε = 128 ε, which |d|^(P−2) magnifies |P − 2| ≤ 1.5 times, and a sum of 45
/// terms adds 45 ε. 256 ε of the terms' magnitudes covers it; the loss's own rounding, that of 12
/// samples, 256 ε of it too.
TEST_P(CentredPenalty, AddsItsFormulaToTheLossTheGradientAndThePlaneHessian) {
  constexpr double rounding = 256 * std::numeric_limits<double>::epsilon();
  // With the fused kernel, without it, and without a network.
  const std::vector<Objective> objectives{
      random_objective({.widths = "3-5-3", .samples = 12}),
      random_objective({.widths = "2-3-3-2", .loss = Loss::mse, .residual = true, .samples = 12}),
      landscape_objective(landscape("rosenbrock")),
  };
  const QuantitySet quantities{Quantity::loss, Quantity::gradient_norm, Quantity::plane_hessian};
  for (const Objective& plain : objectives) {
    const Slice slice = random_slice(plain, 2);
    const std::array place{0.3, -0.2};
    const Points point{2, {place[0], place[1]}};
    const std::vector<double> theta = slice.at(place);
    // On both sides of the kink.
    std::vector<double> centre = theta;
    for (std::size_t i = 0; i < centre.size(); ++i) {
      centre[i] += (i % 2 == 0 ? 1 : -1) * (0.25 + 0.1 * static_cast<double>(i % 7));
    }
    for (const PenaltyTerm term :
         {PenaltyTerm{Kind::l2, 0.3}, PenaltyTerm{Kind::l2_graded, 0.9}, PenaltyTerm{Kind::l1, 0.2},
          PenaltyTerm{Kind::lp, 0.1, 0.5}, PenaltyTerm{Kind::lp, 0.1, 1.5}}) {
      SCOPED_TRACE(description(term) + " on " + plain.description());
      Objective objective = plain;
      objective.penalty = {{term}, centre};
      // Half of the parameters: the norm is of these, the penalty of all.
      for (const bool half : {false, true}) {
        if (half) objective.subset.resize(objective.subset.size() / 2);
        const ByHand expected = by_hand(term, theta, centre, slice);
        const auto without = backend(plain);
        const auto with = backend(objective);
        std::vector<double> base(theta.size());
        std::vector<double> gradient(theta.size());
        const double base_loss = without->gradient(theta, base);
        const double loss = with->gradient(theta, gradient);
        const auto size = static_cast<double>(std::fabs(base_loss) + expected.value);
        const auto total = static_cast<double>(base_loss + expected.value);
        EXPECT_LE(std::fabs(loss - total), rounding * size);
        double largest = 0.0;
        long double squares = 0.0;
        for (std::size_t i = 0; i < theta.size(); ++i) {
          const long double sum = base[i] + expected.gradient[i];
          const double scale =
              size + static_cast<double>(std::fabs(base[i]) + std::fabs(expected.gradient[i]));
          EXPECT_LE(std::fabs(gradient[i] - static_cast<double>(sum)), rounding * scale) << i;
          largest = std::max(largest, scale);
        }
        for (const std::int64_t i : objective.subset) {
          const auto at = static_cast<std::size_t>(i);
          squares += (base[at] + expected.gradient[at]) * (base[at] + expected.gradient[at]);
        }
        const ValueTable base_values = scan(*without, slice, point, quantities).values;
        const ValueTable values = scan(*with, slice, point, quantities).values;
        EXPECT_LE(std::fabs(values.at(Quantity::loss).data[0] - total), rounding * size);
        // A norm changes by at most the norm of the changes: √P of the largest.
        EXPECT_LE(std::fabs(values.at(Quantity::gradient_norm).data[0] -
                            static_cast<double>(std::sqrt(squares))),
                  rounding * largest * std::sqrt(static_cast<double>(theta.size())));
        for (std::size_t k = 0; k < 3; ++k) {
          const double other = base_values.at(Quantity::plane_hessian).data[k];
          const double of_loss = std::max(1.0, std::fabs(other));
          EXPECT_LE(std::fabs(values.at(Quantity::plane_hessian).data[k] -
                              static_cast<double>(other + expected.hessian[k])),
                    rounding * (of_loss + static_cast<double>(expected.magnitude[k])))
              << std::array{"xx", "xy", "yy"}[k];
        }
      }
    }
  }
}

}  // namespace
}  // namespace convexscan
