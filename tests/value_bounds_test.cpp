// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <tuple>

#include "convexscan/scan.hpp"
#include "cpu/curvature_probe.hpp"
#include "cpu/hessian.hpp"
#include "cpu/point_curvature.hpp"
#include "curvature_problems.hpp"
#include "reference_network.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;
using reference::Real;
using enum Quantity;

const QuantitySet values{
    min_eigenvalue, min_eigenvalue_error, max_eigenvalue,       max_eigenvalue_error,
    trace,          trace_error,          layer_min_eigenvalue, layer_min_eigenvalue_error,
    required_l2,    required_l2_error,    min_eigenvector,      min_eigenvector_error};

/// The exact Hessian of an objective without penalty, in long double.
std::vector<Real> exact_hessian(const Objective& objective, const Slice& slice, double x,
                                double y) {
  std::vector<Real> theta;
  for (std::size_t i = 0; i < slice.origin.size(); ++i) {
    theta.push_back(slice.origin[i] + Real(x) * slice.directions[0][i] +
                    Real(y) * slice.directions[1][i]);
  }
  return reference::hessian(*objective.network(), theta, objective.subset);
}

std::vector<Real> block_of(const std::vector<Real>& matrix, std::size_t n, std::size_t begin,
                           std::size_t end) {
  std::vector<Real> block;
  for (std::size_t r = begin; r < end; ++r) {
    for (std::size_t c = begin; c < end; ++c) block.push_back(matrix[r * n + c]);
  }
  return block;
}

/// What the reference's own precision may add to a distance.
double slack(const std::vector<Real>& matrix) {
  Real square = 0;
  for (const Real h : matrix) square += h * h;
  return 64.0 * 0x1p-64 * static_cast<double>(std::sqrt(square));
}

void expect_within(double value, Real exact, double error, double allowed, const char* what) {
  EXPECT_LE(std::fabs(Real(value) - exact), Real(error + allowed)) << what;
}

TEST(Values, OfThousandsOfNetworksAreWithinTheirBounds) {
  Random random(77);
  using enum Activation;
  constexpr std::array activations{tanh, sigmoid, softplus, relu, identity, sin, elu, silu};
  constexpr std::array losses{Loss::mse, Loss::cross_entropy, Loss::binary_cross_entropy,
                              Loss::huber};
  constexpr std::array<const char*, 4> widths{"1-2-2", "2-3-2", "3-3", "1-1-1-2"};
  int undecided_penalties = 0;
  for (int trial = 0; trial < 2400 && !testing::Test::HasFailure(); ++trial) {
    SCOPED_TRACE(trial);
    const auto pick = [&](const auto& from, int divisor) {
      return from[static_cast<std::size_t>(trial / divisor) % from.size()];
    };
    const Objective objective =
        network(random, mlp(pick(widths, 32), pick(activations, 1), 1.0, true, false),
                pick(losses, 8), 1 + trial % 9);
    const Slice slice = plane(random, objective.parameter_count(), trial % 7 == 0 ? 3.0 : 0.8);
    const Points at{2, {0.3, -0.7}};
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const ValueTable found =
        scan(*backend, slice, at, values, {}, nullptr, {.eigensolver = Eigensolver::cusolver})
            .values;
    const auto value = [&](Quantity quantity) { return found.at(quantity).data.front(); };

    const std::vector<Real> exact = exact_hessian(objective, slice, 0.3, -0.7);
    const std::size_t n = objective.subset.size();
    const std::vector<Real> eigenvalues = reference::eigenvalues(exact, n);
    const double allowed = slack(exact);
    expect_within(value(max_eigenvalue), eigenvalues.back(), value(max_eigenvalue_error), allowed,
                  "max_eigenvalue");
    Real sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += exact[i * n + i];
    expect_within(value(trace), sum, value(trace_error), allowed, "trace");
    const Real needed = std::max(Real(0), -eigenvalues.front() / 2);
    expect_within(value(required_l2), needed, value(required_l2_error), allowed, "required_l2");
    if (value(required_l2) == 0.0 && value(required_l2_error) > 0.0) ++undecided_penalties;

    const Model& model = objective.network()->model;
    for (int l = 0; l < model.depth(); ++l) {
      const auto k = static_cast<std::size_t>(l);
      const auto begin = static_cast<std::size_t>(model.weight_offset(l));
      const std::size_t end =
          l + 1 < model.depth() ? static_cast<std::size_t>(model.weight_offset(l + 1)) : n;
      const std::vector<Real> block = block_of(exact, n, begin, end);
      expect_within(found.at(layer_min_eigenvalue).data[k],
                    reference::eigenvalues(block, end - begin).front(),
                    found.at(layer_min_eigenvalue_error).data[k], allowed, "layer_min_eigenvalue");
    }

    // ‖Hv − λv‖ for the stored vector, of unit length, its largest entry positive.
    const std::vector<double>& vector = found.at(min_eigenvector).data;
    Real residual = 0;
    Real square = 0;
    double largest = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      Real entry = -Real(value(min_eigenvalue)) * vector[i];
      for (std::size_t j = 0; j < n; ++j) entry += exact[i * n + j] * vector[j];
      residual += entry * entry;
      square += Real(vector[i]) * vector[i];
      if (std::fabs(vector[i]) > std::fabs(largest)) largest = vector[i];
    }
    EXPECT_NEAR(static_cast<double>(square), 1.0, 1e-14);
    EXPECT_GT(largest, 0.0);
    EXPECT_LE(static_cast<double>(std::sqrt(residual)), value(min_eigenvector_error) + allowed);
  }
  EXPECT_GT(undecided_penalties, 100);  // or 0 ± something was never tested
}

TEST(Values, HaveABoundFromEverySolver) {
  Random random(78);
  Objective objective =
      network(random, mlp("5-9-6-1", Activation::tanh, 0.0, true, false), Loss::mse, 40);
  ASSERT_GT(objective.parameter_count(), 96);  // from where λ_min is found alone
  const Slice slice = plane(random, objective.parameter_count());
  const Points at{2, {0.3, -0.7}};
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const QuantitySet of_smallest{min_eigenvalue,    min_eigenvalue_error, required_l2,
                                required_l2_error, min_eigenvector,      min_eigenvector_error};
  QuantitySet with_largest = of_smallest;
  with_largest.insert({max_eigenvalue, max_eigenvalue_error});
  const auto table = [&](const QuantitySet& quantities, Eigensolver eigensolver) {
    return scan(*backend, slice, at, quantities, {}, nullptr, {.eigensolver = eigensolver}).values;
  };
  const ValueTable dense = table(with_largest, Eigensolver::cusolver);
  const ValueTable alone = table(of_smallest, Eigensolver::cascade);
  const ValueTable ritz = table(with_largest, Eigensolver::lanczos);
  for (const ValueTable* other : {&alone, &ritz}) {
    for (const auto& [quantity, bound] : std::map<Quantity, Quantity>{
             {min_eigenvalue, min_eigenvalue_error}, {required_l2, required_l2_error}}) {
      const double apart = other->at(quantity).data[0] - dense.at(quantity).data[0];
      EXPECT_LE(std::fabs(apart), other->at(bound).data[0] + dense.at(bound).data[0]);
      EXPECT_GT(other->at(bound).data[0], 0.0);
    }
    // Two vectors of one simple eigenvalue, with the same sign by the rule.
    const std::vector<double>& a = other->at(min_eigenvector).data;
    const std::vector<double>& b = dense.at(min_eigenvector).data;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4);
  }
  EXPECT_LE(std::fabs(ritz.at(max_eigenvalue).data[0] - dense.at(max_eigenvalue).data[0]),
            ritz.at(max_eigenvalue_error).data[0] + dense.at(max_eigenvalue_error).data[0]);
}

TEST(Values, AreZeroInTheEigenvectorWhereAParameterIsNotScanned) {
  Random random(79);
  Objective objective =
      network(random, mlp("3-4-2", Activation::tanh, 0.0, true, false), Loss::mse, 20);
  objective.subset = parameter_subset(objective, "layer:2");
  const Slice slice = plane(random, objective.parameter_count());
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const ValueTable found = scan(*backend, slice, Points{2, {0.0, 0.0}}, {min_eigenvector}).values;
  const Values& vector = found.at(min_eigenvector);
  ASSERT_EQ(vector.components, objective.parameter_count());
  for (std::int64_t i = 0; i < objective.subset.front(); ++i) {
    EXPECT_EQ(vector.data[static_cast<std::size_t>(i)], 0.0);
  }
}

/// Where rounding moves the logits by more than one, a probability is known to ± 1 alone.
TEST(Values, OfASoftmaxAreWithinTheirBoundsWhereItsLogitsAreNot) {
  Random random(31);
  NetworkTask task;
  task.model = mlp("1-3", Activation::identity, 0.0, false, false);
  task.loss = Loss::cross_entropy;
  task.samples = 1;
  task.inputs = {1.0};
  task.labels = {0};
  const Objective objective{std::move(task), {}, {0, 1, 2}, "all"};
  int far = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    // θ = origin + x·first + y·second is near (0, −30, −40), after cancellation.
    constexpr std::array c{-0x1p58 / 3.0, 0x1p58 / 7.0};
    Slice slice{{}, {normal(random, 3), normal(random, 3)}};
    const auto& [x, y] = std::tie(slice.directions[0], slice.directions[1]);
    std::vector<Real> theta;
    for (std::size_t i = 0; i < 3; ++i) {
      const double wanted = std::array{0.0, -30.0, -40.0}[i];
      slice.origin.push_back(wanted - c[0] * x[i] - c[1] * y[i]);
      theta.push_back(slice.origin[i] + Real(c[0]) * x[i] + Real(c[1]) * y[i]);
    }
    const cpu::NetworkData<double> data(*objective.network());
    const cpu::NetworkSlice<double> network(data, slice);
    const cpu::SliceMagnitudes magnitudes(network);
    const cpu::NetworkHessian hessian(objective, network, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    cpu::Prober prober(objective, network, magnitudes, slice, workspace.factors);
    const std::vector<Real> exact = reference::hessian(*objective.network(), theta, {0, 1, 2});
    for (std::size_t i = 0; i < 3; ++i) {
      std::vector<double> axis(3, 0.0);
      axis[i] = 1.0;
      const cpu::ValueWithError found = prober.rayleigh(c.data(), axis);
      const double wanted = static_cast<double>(exact[4 * i]);
      const double error = std::fabs(found.value - wanted);
      // Long double leaves a fiftieth in each logit, and so less than a tenth in what is wanted.
      EXPECT_LE(error, found.error + 0.1 * wanted) << "trial " << trial << " entry " << i;
      if (error > 3.0 * std::fabs(found.value)) ++far;
    }
  }
  EXPECT_GE(far, 50);
}

/// (a·w)² with a = 2^e: H = 2a², whose square is no number from e = 128 on.
TEST(Values, OfAFiniteMatrixWithoutABoundAreKeptAndProveNothing) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> weights(2, 1.0);
  const std::vector<cpu::Rows> layers{{0, 1}, {1, 2}};
  cpu::DenseScratch solver;
  cpu::PointCurvature found;  // of one matrix after the other
  for (const double bound : {infinity, std::numeric_limits<double>::quiet_NaN()}) {
    for (const double size : {1.0, 1e200}) {
      std::vector<double> matrix{3.0 * size, 0.0, 0.0, -2.0 * size};
      cpu::curvature_of(matrix.data(), 2, {bound, bound},
                        {{min_eigenvalue, max_eigenvalue, trace, layer_min_eigenvalue,
                          negative_count, near_zero_count, positive_count, required_l2, verdict},
                         layers,
                         weights},
                        {}, solver, found);
      EXPECT_EQ(found.min_eigenvalue, -2.0 * size);
      EXPECT_EQ(found.max_eigenvalue, 3.0 * size);
      EXPECT_LE(std::fabs(found.trace - size), 1e-15 * size);
      EXPECT_EQ(found.layer_min_eigenvalue, (std::vector{3.0 * size, -2.0 * size}));
      for (const double error : {found.error, found.max_eigenvalue_error, found.trace_error,
                                 found.eigenvalue_error, found.required_l2.error}) {
        EXPECT_EQ(error, infinity);
      }
      EXPECT_EQ(found.layer_error, std::vector(2, infinity));
      EXPECT_EQ(found.near_zero_count, 2.0);
      EXPECT_EQ(found.negative_count + found.positive_count, 0.0);
      EXPECT_EQ(found.verdict, Verdict::undecided);
      EXPECT_EQ(found.settled_by, SettledBy::nothing);
    }
    // A matrix that is not finite has no numbers to keep.
    std::vector<double> matrix{infinity, 0.0, 0.0, 1.0};
    cpu::curvature_of(matrix.data(), 2, {bound, bound}, {{min_eigenvalue, trace}, layers, weights},
                      {}, solver, found);
    EXPECT_TRUE(std::isnan(found.min_eigenvalue) && std::isnan(found.error));
    EXPECT_TRUE(std::isnan(found.trace) && std::isnan(found.trace_error));
    EXPECT_TRUE(std::isnan(found.negative_count) && found.vector.empty());
  }
}

TEST(Values, AreThereForHessiansWhoseSquaresOverflow) {
  for (const int exponent : {0, 200, 265, 300}) {
    NetworkTask task;
    task.model = mlp("1-1", Activation::identity, 0.0, false, false);
    task.loss = Loss::mse;
    task.samples = 1;
    task.inputs = {std::ldexp(1.0, exponent)};
    task.targets = {0.0};
    const Objective objective{std::move(task), {}, {0}, "all"};
    const auto backend = make_backend("cpu", objective, Precision::float64);
    const Slice slice{{0.0}, {}};
    const ValueTable found =
        scan(*backend, slice, Points{}, {min_eigenvalue, min_eigenvalue_error, trace, verdict}, {},
             nullptr, {.eigensolver = Eigensolver::cusolver})
            .values;
    const double exact = std::ldexp(2.0, 2 * exponent);
    EXPECT_LE(std::fabs(found.at(min_eigenvalue).data[0] - exact),
              found.at(min_eigenvalue_error).data[0])
        << exponent;
    EXPECT_LE(found.at(min_eigenvalue_error).data[0], 1e-13 * exact);
    EXPECT_EQ(found.at(verdict).data[0], static_cast<double>(Verdict::locally_convex));
    const ValueTable signs = scan(*backend, slice, Points{}, {verdict}).values;
    EXPECT_EQ(signs.at(verdict).data[0], static_cast<double>(Verdict::locally_convex)) << exponent;
  }
}

}  // namespace
}  // namespace convexscan
