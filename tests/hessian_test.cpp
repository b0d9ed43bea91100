// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "curvature_problems.hpp"
#include "network_shapes.hpp"
#include "reference_network.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

class EveryNetwork : public testing::TestWithParam<NetworkCase> {};

/// Coordinates whose products with small whole directions are exact, so that both programs see the
/// same parameters.
TEST_P(EveryNetwork, HessianIsThatOfTheFormulaInLongDoubleWithinItsBound) {
  const auto [activation, loss, shape] = GetParam();
  Random random(11);
  for (const std::int64_t samples : {1, 13}) {
    Objective objective = network(random, network_of(activation, shape), loss, samples);
    if (shape == NetworkShape::subset) objective.subset = network_subset();
    const Slice slice = plane(random, objective.parameter_count());
    const cpu::NetworkData<double> data(*objective.network());
    const cpu::NetworkSlice<double> network_slice(data, slice);
    const cpu::NetworkHessian hessian(objective, network_slice, slice);
    cpu::NetworkHessian::Workspace workspace(hessian);
    std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
    const double coordinates[] = {0.5, -0.25};
    const double bound = hessian.assemble(coordinates, workspace, matrix.data());

    std::vector<reference::Real> theta;
    for (std::size_t i = 0; i < slice.origin.size(); ++i) {
      theta.push_back(reference::Real(slice.origin[i]) + 0.5L * slice.directions[0][i] -
                      0.25L * slice.directions[1][i]);
    }
    const auto exact = reference::hessian(*objective.network(), theta, objective.subset);
    const std::size_t size = objective.subset.size();
    long double square = 0;
    long double norm = 0;
    for (std::size_t r = 0; r < size; ++r) {
      for (std::size_t c = 0; c < size; ++c) {
        const double computed = r < c ? matrix[c * size + r] : matrix[r * size + c];
        square += std::pow(computed - exact[r * size + c], 2.0L);
        norm += exact[r * size + c] * exact[r * size + c];
      }
    }
    EXPECT_LE(static_cast<double>(std::sqrt(square)), bound) << samples << " samples";
    EXPECT_LE(bound, 1e-9 * static_cast<double>(std::sqrt(norm)) + 1e-12) << samples << " samples";
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryNetwork, every_network(), network_name);

}  // namespace
}  // namespace convexscan
