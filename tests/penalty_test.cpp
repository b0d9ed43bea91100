// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "convexscan/scan.hpp"
#include "cpu/dense_eigenvalues.hpp"
#include "cpu/hessian.hpp"
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

/// (w₂w₁ − 1)² at (0.3, 0), where 3·0.1 and the centre round to one number and differ by 2.8e-17.
Objective near_the_zero_of_a_power(double exponent) {
  Objective objective = random_objective(
      {.widths = "1-1-1", .activation = Activation::identity, .bias = false, .loss = Loss::mse});
  NetworkTask& task = std::get<NetworkTask>(objective.task);
  task.samples = 1;
  task.inputs = {1.0};
  task.targets = {1.0};
  objective.penalty = {{{Kind::lp, 2.0, exponent}}, {0.1 * 3, 1.0}};
  return objective;
}

const QuantitySet curvature{Quantity::min_eigenvalue, Quantity::min_eigenvalue_error,
                            Quantity::verdict};
const QuantitySet whole_spectrum{Quantity::min_eigenvalue, Quantity::min_eigenvalue_error,
                                 Quantity::verdict, Quantity::trace, Quantity::trace_error};

/// The exact H = [[2.77, −2], [−2, 4.24]] is positive definite; with a curvature of 0 for 2.77 it
/// would not be.
TEST_P(CentredPenalty, IsNoFalseProofWhereAPowersZeroIsLostInRounding) {
  const Objective objective = near_the_zero_of_a_power(2.01);
  const Slice slice{{0.0, 0.0}, {{0.1, 0.0}}};
  const Points point{1, {3.0}};
  // The exact product of two doubles fits into long double's 64 digits or nearly: 3·0.1 does.
  const long double d = std::fabs(3.0L * 0.1 - 0.1 * 3);
  const long double a = 2.0L * 2.01 * (2.01L - 1) * std::pow(d, 2.01L - 2);
  const long double w = 0.3L;
  const long double c = 2 * w * w + 2.0L * 2.01 * (2.01L - 1);
  const long double least = (a + c) / 2 - std::sqrt((a - c) * (a - c) / 4 + 4);
  ASSERT_GT(least, 0.5);
  const auto tested = backend(objective);
  for (const Eigensolver eigensolver : {Eigensolver::automatic, Eigensolver::cusolver,
                                        Eigensolver::cascade, Eigensolver::lanczos}) {
    for (const QuantitySet& quantities : {curvature, whole_spectrum, {Quantity::verdict}}) {
      const bool whole = quantities.contains(Quantity::trace);
      if (whole && eigensolver != Eigensolver::cusolver) continue;
      if (eigensolver == Eigensolver::cascade && quantities == curvature) continue;
      const ValueTable values =
          scan(*tested, slice, point, quantities, {}, nullptr, {.eigensolver = eigensolver}).values;
      EXPECT_NE(values.at(Quantity::verdict).data[0], static_cast<double>(Verdict::not_convex));
      if (!quantities.contains(Quantity::min_eigenvalue)) continue;
      const double error = values.at(Quantity::min_eigenvalue_error).data[0];
      EXPECT_LE(std::fabs(values.at(Quantity::min_eigenvalue).data[0] - static_cast<double>(least)),
                error);
      EXPECT_LT(error, 10.0);
      if (!whole) continue;
      EXPECT_LE(std::fabs(values.at(Quantity::trace).data[0] - static_cast<double>(a + c)),
                values.at(Quantity::trace_error).data[0]);
    }
  }
}

/// Biases that are 0 and stay 0 are at the zero of every power.
TEST_P(CentredPenalty, OfNoStrengthIsNoneAndOfExponentOneIsTheAbsoluteValue) {
  Objective objective = random_objective({.widths = "2-3-2"});
  Slice slice = random_slice(objective, 2);
  for (std::vector<double>* part : {&slice.origin, &slice.directions[0], &slice.directions[1]}) {
    for (const std::size_t bias : {6U, 7U, 8U, 15U, 16U}) (*part)[bias] = 0.0;
  }
  const Points points{2, {0.0, 0.0, 0.3, -0.2}};
  QuantitySet quantities = whole_spectrum;
  quantities.insert({Quantity::loss, Quantity::plane_hessian, Quantity::gradient_norm});
  const auto values = [&](const PenaltyTerm& term) {
    objective.penalty = {{term}, {}};
    return scan(*backend(objective), slice, points, quantities).values;
  };
  const auto expect_same = [&](const ValueTable& a, const ValueTable& b) {
    for (const Quantity quantity : quantities) {
      for (std::size_t k = 0; k < a.at(quantity).data.size(); ++k) {
        EXPECT_EQ(a.at(quantity).data[k], b.at(quantity).data[k]) << info(quantity).name;
      }
    }
  };
  expect_same(values({Kind::lp, 0.5, 1.0}), values({Kind::l1, 0.5}));
  EXPECT_EQ(quadratic_weights({{{Kind::lp, 0.5, 2.0}}, {}}, 3),
            quadratic_weights({{{Kind::l2, 0.5}}, {}}, 3));
  for (const double exponent : {0.5, 1.0, 1.5, 3.0}) {
    expect_same(values({Kind::lp, 0.0, exponent}), values({Kind::l1, 0.0}));
  }
  // Above 2 the second derivative at 0 is 0.
  const ValueTable cubic = values({Kind::lp, 0.5, 3.0});
  for (std::size_t p = 0; p < 2; ++p) {
    EXPECT_LE(cubic.at(Quantity::min_eigenvalue_error).data[p], 1e-10);
    EXPECT_LE(cubic.at(Quantity::trace_error).data[p], 1e-10);
  }
}

/// λ multiplies the same weights whichever parameters are scanned: H + 2λ·diag(w) is on the edge.
TEST_P(CentredPenalty, ThatIsRequiredHasTheSameStrengthWhateverIsScanned) {
  constexpr double graded = 0.5;
  Objective objective = random_objective({.widths = "2-3-3-2", .loss = Loss::mse});
  const Slice slice = random_slice(objective, 2);
  const Points point{2, {0.4, 0.1}};
  for (const char* subset : {"all", "layer:1", "layer:2"}) {
    objective.subset = parameter_subset(objective, subset);
    objective.penalty = {{{Kind::l2_graded, graded}}, {}};
    const double found = scan(*backend(objective), slice, point, {Quantity::required_l2})
                             .values.at(Quantity::required_l2)
                             .data[0];
    ASSERT_GT(found, 0.0) << subset;
    const auto n = static_cast<std::int64_t>(objective.subset.size());
    const cpu::NetworkData<double> data(*objective.network());
    const cpu::NetworkSlice<double> network(data, slice);
    const cpu::NetworkHessian hessian(objective, network, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    for (const double factor : {1.0 + 1e-6, 1.0 - 1e-6}) {
      std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
      hessian.assemble(point.coordinates.data(), workspace, matrix.data());
      for (std::int64_t r = 0; r < n; ++r) {
        // The largest of V, V², … is V.
        const auto power = static_cast<double>(objective.subset[static_cast<std::size_t>(r)]);
        matrix[static_cast<std::size_t>(r * n + r)] +=
            2.0 * found * factor * std::pow(graded, power);
      }
      EXPECT_EQ(cpu::DenseEigenvalues(matrix.data(), n).smallest() > 0.0, factor > 1.0) << subset;
    }
  }
}

}  // namespace
}  // namespace convexscan
