// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <set>

#include "convexscan/scan.hpp"
#include "cpu/matrix_free_curvature.hpp"
#include "cpu/matrix_free_verdicts.hpp"
#include "curvature_problems.hpp"

namespace convexscan {
namespace {

using enum Quantity;
using namespace testing_objectives;

const Axis nine_points{-1.0, 1.0, 9};
constexpr std::size_t points = 81;

struct MapOfNetwork {
  Activation activation;
  Loss loss;
  double l2;
};

class MatrixFreeVerdicts : public testing::TestWithParam<MapOfNetwork> {
 protected:
  MatrixFreeVerdicts() {
    Random random(71);
    objective_ =
        network(random, mlp("5-8-3", GetParam().activation, 0.0, true, false), GetParam().loss, 60);
    if (GetParam().l2 > 0.0) objective_.penalty.terms = {{PenaltyTerm::Kind::l2, GetParam().l2}};
    slice_ = plane(random, objective_.parameter_count(), 0.3);
  }

  ValueTable map(const QuantitySet& quantities, Eigensolver eigensolver) const {
    const auto backend = make_backend("cpu", objective_, Precision::float64);
    return scan(*backend, slice_, grid(nine_points, nine_points), quantities, {}, nullptr,
                {.eigensolver = eigensolver})
        .values;
  }

  Objective objective_;
  Slice slice_;
};

/// Everything here is small enough for Lanczos to see all of the spectrum: alone, a verdict is
/// that of the values.
TEST_P(MatrixFreeVerdicts, AloneAreThoseOfTheValues) {
  const QuantitySet values{min_eigenvalue, min_eigenvalue_error, verdict};
  const ValueTable dense = map(values, Eigensolver::cusolver);
  const ValueTable ritz = map(values, Eigensolver::lanczos);
  const ValueTable alone = map({verdict, settled_by}, Eigensolver::lanczos);
  for (std::size_t p = 0; p < points; ++p) {
    const double found = alone.at(verdict).data[p];
    const double stage = alone.at(settled_by).data[p];
    EXPECT_EQ(found, ritz.at(verdict).data[p]) << p;
    EXPECT_NE(found, static_cast<double>(Verdict::locally_convex));
    EXPECT_EQ(found == static_cast<double>(Verdict::not_convex),
              stage != static_cast<double>(SettledBy::nothing));
    // A proof is one whatever stage it comes from.
    if (found != static_cast<double>(Verdict::not_convex)) continue;
    EXPECT_NE(dense.at(verdict).data[p], static_cast<double>(Verdict::locally_convex));
    EXPECT_LE(dense.at(min_eigenvalue).data[p], dense.at(min_eigenvalue_error).data[p]);
  }
}

/// Counted in Hessian-vector products, which is what either way costs.
TEST_P(MatrixFreeVerdicts, TakeFewerProductsThanValues) {
  constexpr std::int64_t most_steps = 100;
  const cpu::NetworkData<double> data(*objective_.network());
  const cpu::NetworkSlice<double> network(data, slice_);
  const cpu::SliceMagnitudes magnitudes(network);
  cpu::MatrixFreeWorkspace work(objective_, network, magnitudes, slice_);
  const cpu::MatrixFreeVerdicts verdicts(objective_, data, magnitudes, slice_, most_steps, work);

  // With values, as src/cpu/matrix_free_pass.cpp does it.
  const cpu::LanczosLimits limits = cpu::matrix_free_limits(objective_, most_steps);
  std::vector<double> start = cpu::first_start(objective_.parameter_count());
  const std::array<double, 2> origin{0.0, 0.0};
  const cpu::RitzPairs ends = work.ritz_pairs(origin.data(), start, limits);
  cpu::start_from(ends.smallest_vector, ends.largest_vector, start);
  EXPECT_LE(verdicts.products(), ends.steps);

  const std::vector<double> coordinates = grid(nine_points, nine_points).coordinates;
  std::int64_t alone = 0;
  std::int64_t with_values = 0;
  std::int64_t proved = 0;
  for (std::size_t p = 0; p < points; ++p) {
    const double* const at = coordinates.data() + 2 * p;
    const cpu::MatrixFreeVerdicts::Settled settled = verdicts.at(at, work);
    const std::int64_t steps = work.ritz_pairs(at, start, limits).steps;
    if (settled.stage == SettledBy::plane || settled.stage == SettledBy::eigenvector) {
      EXPECT_EQ(settled.products, 0);
    }
    if (settled.verdict != Verdict::not_convex) continue;
    EXPECT_LT(settled.products, steps);
    ++proved;
    alone += settled.products;
    with_values += steps;
  }
  ASSERT_GT(proved, 20) << "or the map tests little";
  EXPECT_LE(10 * alone, 3 * with_values);
}

/// Not only the cheapest stage: each has its share somewhere.
TEST(MatrixFreeVerdict, NamesTheStageThatSettledIt) {
  Random random(72);
  std::set<double> stages;
  for (const double l2 : {0.0, 0.05, 0.1}) {
    Objective objective =
        network(random, mlp("5-8-3", Activation::tanh, 0.0, true, false), Loss::mse, 60);
    if (l2 > 0.0) objective.penalty.terms = {{PenaltyTerm::Kind::l2, l2}};
    const Slice slice = plane(random, objective.parameter_count(), 0.3);
    const auto backend = make_backend("cpu", objective, Precision::float64);
    // Far from the origin its eigenvector says little, and the plane may say more.
    const Axis wide{-12.0, 12.0, 9};
    const Axis& axis = l2 > 0.0 ? nine_points : wide;
    const ScanResult map = scan(*backend, slice, grid(axis, axis), {verdict, settled_by}, {},
                                nullptr, {.dense_limit = 3});
    EXPECT_EQ(map.eigensolver.eigensolver, Eigensolver::lanczos);
    const std::vector<double>& settled = map.values.at(settled_by).data;
    stages.insert(settled.begin(), settled.end());
  }
  for (const SettledBy stage : {SettledBy::plane, SettledBy::eigenvector, SettledBy::lanczos}) {
    EXPECT_TRUE(stages.contains(static_cast<double>(stage))) << name(stage);
  }
  EXPECT_FALSE(stages.contains(static_cast<double>(SettledBy::dense)));
}

INSTANTIATE_TEST_SUITE_P(, MatrixFreeVerdicts,
                         testing::Values(MapOfNetwork{Activation::tanh, Loss::mse, 0.0},
                                         MapOfNetwork{Activation::tanh, Loss::mse, 0.1},
                                         MapOfNetwork{Activation::sigmoid, Loss::cross_entropy,
                                                      0.0},
                                         MapOfNetwork{Activation::softplus, Loss::mse, 0.2},
                                         MapOfNetwork{Activation::relu, Loss::mse, 0.1}));

}  // namespace
}  // namespace convexscan
