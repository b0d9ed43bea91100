// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <cmath>

#include "convexscan/landscape.hpp"
#include "convexscan/scan.hpp"
#include "curvature_problems.hpp"
#include "loss_at.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;
using enum Quantity;

ValueTable values_of(const Objective& objective, const Slice& slice, const Points& points,
                     const QuantitySet& quantities, Eigensolver eigensolver) {
  const auto backend = make_backend("cpu", objective, Precision::float64);
  return scan(*backend, slice, points, quantities, {}, nullptr, {.eigensolver = eigensolver})
      .values;
}

std::int64_t count(const ValueTable& values, Verdict wanted) {
  return std::ranges::count(values.at(verdict).data, static_cast<double>(wanted));
}

/// A network of relu units with zero weights: every pre-activation is exactly zero.
Objective silent_network(Random& random, const char* widths, double l2) {
  Objective objective =
      network(random, mlp(widths, Activation::relu, 0.0, true, false), Loss::mse, 30);
  objective.penalty.terms = {{PenaltyTerm::Kind::l2, l2}};
  return objective;
}

/// Every way to a verdict: eigenvalues, λ_min alone (from 96 parameters on), the cascade.
struct Way {
  QuantitySet quantities;
  Eigensolver eigensolver;
};
const std::vector<Way> ways{
    {{min_eigenvalue, max_eigenvalue, verdict, settled_by}, Eigensolver::cusolver},
    {{min_eigenvalue, verdict, settled_by}, Eigensolver::cascade},
    {{verdict, settled_by}, Eigensolver::cascade},
    {{verdict, settled_by}, Eigensolver::lanczos}};

TEST(KinkContacts, OfANetworkWithZeroWeightsAreNotCalledConvex) {
  for (const char* widths : {"2-4-1", "4-20-1"}) {
    Random random(5);
    // However strong: a penalty bends, and cannot undo a corner.
    for (const double l2 : {0.05, 5.0, 1e6}) {
      const Objective objective = silent_network(random, widths, l2);
      const Slice origin{std::vector<double>(static_cast<std::size_t>(objective.parameter_count())),
                         {}};
      for (const Way& way : ways) {
        const ValueTable found =
            values_of(objective, origin, Points{}, way.quantities, way.eigensolver);
        EXPECT_EQ(count(found, Verdict::undecided), 1) << l2;
        if (way.eigensolver == Eigensolver::lanczos) continue;  // never says convex anyway
        EXPECT_EQ(found.at(settled_by).data[0], static_cast<double>(SettledBy::kink));
      }
    }
  }
}

/// f(w₁, w₂) = (w₂·relu(w₁) − 1)² + λ‖w‖² at 0, where the relu's Hessian is 2λ·I: along (1, 1)·t
/// it is 1 − 2t² + 2λt² + … to the right and 1 + 2λt² to the left.
TEST(KinkContacts, AreWhereALossMayBendDownThoughItsHessianIsPositiveDefinite) {
  NetworkTask task;
  task.model = mlp("1-1-1", Activation::relu, 0.0, false, false);
  task.loss = Loss::mse;
  task.samples = 1;
  task.inputs = {1.0};
  task.targets = {1.0};
  Objective objective{std::move(task), {}, {0, 1}, "all"};
  objective.penalty.terms = {{PenaltyTerm::Kind::l2, 0.05}};
  const double h = 1e-2;
  EXPECT_LT(loss_at(objective, {2 * h, 2 * h}) + loss_at(objective, {0.0, 0.0}),
            2.0 * loss_at(objective, {h, h}));
  const ValueTable found = values_of(objective, Slice{{0.0, 0.0}, {}}, Points{},
                                     {min_eigenvalue, verdict}, Eigensolver::cusolver);
  EXPECT_GT(found.at(min_eigenvalue).data[0], 0.0);
  EXPECT_EQ(count(found, Verdict::undecided), 1);
}

/// Small weights, biases zero all over the plane, and one sample of zeros: with biases to scan its
/// pre-activations are on their kinks everywhere.
TEST(KinkContacts, OfASampleOfZerosCountOnlyWhereAParameterMovesThem) {
  for (const bool bias : {true, false}) {
    Random random(6);
    Objective objective =
        network(random, mlp("3-5-1", Activation::relu, 0.0, bias, false), Loss::mse, 40);
    objective.penalty.terms = {{PenaltyTerm::Kind::l2, 0.3}};
    auto& task = std::get<NetworkTask>(objective.task);
    std::fill_n(task.inputs.begin() + 3 * 7, 3, 0.0);
    Slice slice = plane(random, objective.parameter_count(), 0.5);
    if (bias) {
      for (std::vector<double>* vector :
           {&slice.origin, &slice.directions[0], &slice.directions[1]}) {
        std::fill_n(vector->begin() + 15, 5, 0.0);
      }
    }
    const Axis nine{-2.0, 2.0, 9};
    for (const Way& way : ways) {
      if (way.eigensolver == Eigensolver::lanczos) continue;
      const ValueTable found =
          values_of(objective, slice, grid(nine, nine), way.quantities, way.eigensolver);
      const auto kinks =
          std::ranges::count(found.at(settled_by).data, static_cast<double>(SettledBy::kink));
      // Negative curvature that the sample cannot undo is still proved.
      EXPECT_GE(count(found, Verdict::not_convex), 5);
      if (bias) {
        EXPECT_EQ(count(found, Verdict::locally_convex), 0);
        EXPECT_EQ(kinks, count(found, Verdict::undecided));
        EXPECT_GE(kinks, 5);
      } else {
        EXPECT_GE(count(found, Verdict::locally_convex), 5);
        EXPECT_EQ(kinks, 0);
      }
    }
  }
}

TEST(KinkContacts, OfUnitsThatADeadLayerShieldsDoNotCount) {
  // Layer 1 is dead for the sample by far, so that layer 2, without biases, sees zeros for good.
  NetworkTask task;
  task.model = mlp("1-2-2-1", Activation::relu, 0.0, false, false);
  task.loss = Loss::mse;
  task.samples = 1;
  task.inputs = {1.0};
  task.targets = {1.0};
  Objective objective{std::move(task), {}, all_parameters(8), "all"};
  objective.penalty.terms = {{PenaltyTerm::Kind::l2, 0.1}};
  const Slice dead{{-1.0, -2.0, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0}, {}};
  const Slice alive{{0.0, -2.0, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0}, {}};
  for (const Way& way : ways) {
    if (way.eigensolver == Eigensolver::lanczos) continue;
    EXPECT_EQ(count(values_of(objective, dead, Points{}, way.quantities, way.eigensolver),
                    Verdict::locally_convex),
              1);
    EXPECT_EQ(count(values_of(objective, alive, Points{}, way.quantities, way.eigensolver),
                    Verdict::locally_convex),
              0);
  }
}

TEST(KinkContacts, AreWithinRoundingAndNoFurther) {
  // z = w·3 + b with w = 0.1 and b = −0.3 is some 1e-17, of either sign.
  NetworkTask task;
  task.model = mlp("1-1-1", Activation::relu, 0.0, true, false);
  task.loss = Loss::mse;
  task.samples = 2;
  task.inputs = {3.0, 5.0};
  task.targets = {1.0, 0.5};
  Objective objective{std::move(task), {}, {0, 1}, "layer:1"};
  objective.penalty.terms = {{PenaltyTerm::Kind::l2, 0.1}};
  for (const double distance : {0.0, 1e-13, -1e-13}) {
    const Slice point{{0.1, -0.3 + distance, 1.0, 0.0}, {}};
    const ValueTable found =
        values_of(objective, point, Points{}, {min_eigenvalue, verdict}, Eigensolver::cusolver);
    EXPECT_EQ(count(found, Verdict::undecided), distance == 0.0 ? 1 : 0) << distance;
  }
}

/// On either side of a kink the Hessian is another one: both are within the bound.
TEST(KinkContacts, WidenTheBoundToTheHessiansOnBothSides) {
  Random random(9);
  for (const Activation kind : {Activation::relu, Activation::leaky_relu, Activation::elu}) {
    for (const double slope : {0.2, 1.0}) {
      for (int trial = 0; trial < 40; ++trial) {
        Objective objective = network(random, mlp("2-3-1", kind, slope, true, false), Loss::mse, 6);
        auto& task = std::get<NetworkTask>(objective.task);
        task.inputs[4] = 2.0;
        task.inputs[5] = -1.0;
        std::vector<double> theta = normal(random, objective.parameter_count());
        theta[2] = 0.5;  // unit 1 of sample 2: 2·0.5 − 1·0.75 − 0.25 = 0
        theta[3] = 0.75;
        theta[7] = -0.25;
        const auto ends = [&](double shift) {
          std::vector<double> moved = theta;
          moved[7] += shift;
          const ValueTable found =
              values_of(objective, Slice{moved, {}}, Points{},
                        {min_eigenvalue, min_eigenvalue_error, max_eigenvalue, eigenvalue_error},
                        Eigensolver::cusolver);
          return std::array{found.at(min_eigenvalue).data[0], found.at(max_eigenvalue).data[0],
                            found.at(min_eigenvalue_error).data[0],
                            found.at(eigenvalue_error).data[0]};
        };
        const auto here = ends(0.0);
        for (const double side : {-1e-9, 1e-9}) {
          const auto there = ends(side);
          // A step of 1e-9 moves a smooth part by some 1e-9 of its third derivatives.
          EXPECT_LE(std::fabs(there[0] - here[0]), here[2] + 1e-6);
          EXPECT_LE(std::fabs(there[1] - here[1]), here[3] + 1e-6);
          EXPECT_LE(there[3], 1e-10);
        }
      }
    }
  }
}

TEST(KinkContacts, OfTheHuberLossLeaveBothSecondDerivativesOpen) {
  // |r| = 1 to the left of which the loss is straight: its Hessian there is 0, not 1.
  NetworkTask task;
  task.model = mlp("1-1", Activation::identity, 0.0, false, false);
  task.loss = Loss::huber;
  task.samples = 1;
  task.inputs = {1.0};
  task.targets = {1.0};
  const Objective objective{std::move(task), {}, {0}, "all"};
  for (const Way& way : ways) {
    EXPECT_EQ(
        count(values_of(objective, Slice{{0.0}, {}}, Points{}, way.quantities, way.eigensolver),
              Verdict::undecided),
        1);
    if (way.eigensolver == Eigensolver::lanczos) continue;
    EXPECT_EQ(
        count(values_of(objective, Slice{{0.5}, {}}, Points{}, way.quantities, way.eigensolver),
              Verdict::locally_convex),
        1);
  }
}

TEST(KinkContacts, OfLandscapesAreWhereTheirMaximaAreEqual) {
  // ½(1 − relu(t))² + λt²: at 0 its slope drops, and f'' = 2λ on the left.
  Objective well{landscape("relu-well"), {}, {0}, "all"};
  well.penalty.terms = {{PenaltyTerm::Kind::l2, 0.1}};
  const Slice line{{0.0}, {{1.0}}};
  const Points points{1, {-0.5, 0.0, 1e-17, 0.5}};
  for (const Eigensolver eigensolver : {Eigensolver::cusolver, Eigensolver::cascade}) {
    const ValueTable found = values_of(well, line, points, {verdict, settled_by}, eigensolver);
    EXPECT_EQ(found.at(verdict).data, (std::vector<double>{1, 0, 1, 1}));
    EXPECT_EQ(found.at(settled_by).data[1], static_cast<double>(SettledBy::kink));
  }
  // log Σ exp takes a maximum only to keep its terms small.
  const Objective smooth{
      landscape("log-sum-exp"), {{{PenaltyTerm::Kind::l2, 0.1}}, {}}, {0, 1, 2}, "all"};
  EXPECT_EQ(count(values_of(smooth, Slice{{1.0, 1.0, 0.0}, {}}, Points{}, {verdict},
                            Eigensolver::cusolver),
                  Verdict::locally_convex),
            1);
}

}  // namespace
}  // namespace convexscan
