// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian.hpp"

#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "random_objective.hpp"
#include "reference_network.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

enum class Shape { plain, residual, no_bias, subset };

/// 2-3-3-3 with the given activation everywhere but in the last layer.
Model small_model(Activation activation, Shape shape) {
  const bool bias = shape != Shape::no_bias;
  const double slope = default_slope(activation);
  std::vector<Layer> layers{{3, 4, bias, activation, slope},
                            {4, 4, bias, activation, slope},
                            {4, 4, bias, activation, slope},
                            {4, 3, bias, Activation::identity, 0.0}};
  if (shape == Shape::residual) {
    layers[1].skip_before = 1;
    layers[2].skip_before = 1;
    layers[2].skip_after = 2;
    layers[3] = {4, 4, bias, activation, slope, Layer::no_skip, 2};
  }
  return Model(layers);
}

class EveryNetwork : public testing::TestWithParam<std::tuple<Activation, Loss, Shape>> {};

/// Coordinates whose products with small whole directions are exact, so that both programs see the
/// same parameters.
TEST_P(EveryNetwork, HessianIsThatOfTheFormulaInLongDoubleWithinItsBound) {
  const auto [activation, loss, shape] = GetParam();
  Random random(11);
  for (const std::int64_t samples : {1, 3, 67}) {
    Objective objective = network(random, small_model(activation, shape), loss, samples);
    if (shape == Shape::subset) objective.subset = {0, 3, 13, 16, 17, 35, 36, 60, 61, 70};
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
    EXPECT_LE(bound, 1e-9 * static_cast<double>(std::sqrt(norm)) + 1e-14) << samples << " samples";
  }
}

std::string name_of(const testing::TestParamInfo<EveryNetwork::ParamType>& info) {
  const auto [activation, loss, shape] = info.param;
  constexpr std::array<const char*, 4> shapes{"plain", "residual", "no_bias", "subset"};
  std::string text = std::string(name(activation)) + "_" + std::string(name(loss)) + "_" +
                     shapes[static_cast<std::size_t>(shape)];
  std::ranges::replace(text, '-', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    , EveryNetwork,
    testing::Combine(testing::Values(Activation::identity, Activation::relu, Activation::leaky_relu,
                                     Activation::elu, Activation::gelu, Activation::gelu_tanh,
                                     Activation::silu, Activation::softplus, Activation::sigmoid,
                                     Activation::tanh, Activation::sin),
                     testing::Values(Loss::cross_entropy, Loss::mse, Loss::binary_cross_entropy,
                                     Loss::huber, Loss::output),
                     testing::Values(Shape::plain, Shape::residual, Shape::no_bias, Shape::subset)),
    name_of);

}  // namespace
}  // namespace convexscan
