// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian_vector.hpp"

#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "convexscan/backend.hpp"
#include "cpu/curvature_probe.hpp"
#include "cpu/hessian.hpp"
#include "curvature_problems.hpp"
#include "network_shapes.hpp"

namespace convexscan {
namespace {

using namespace testing_objectives;

class EveryNetworksHessian : public testing::TestWithParam<NetworkCase> {
 protected:
  void SetUp() override {
    const auto [activation, loss, shape] = GetParam();
    Random random(5);
    objective_ = network(random, network_of(activation, shape), loss, 67);
    if (shape == NetworkShape::subset) objective_.subset = network_subset();
    objective_.penalty = {{{PenaltyTerm::Kind::l2, 0.01}, {PenaltyTerm::Kind::lp, 0.02, 0.5}},
                          normal(random, objective_.parameter_count())};
    slice_ = plane(random, objective_.parameter_count());
  }

  Objective objective_;
  Slice slice_;
  const std::array<double, 2> coordinates_{0.4, -0.3};
};

TEST_P(EveryNetworksHessian, AssembledColumnsAreHessianVectorProducts) {
  const cpu::NetworkData<double> data(*objective_.network());
  const cpu::NetworkSlice<double> network_slice(data, slice_);
  const cpu::NetworkHessian hessian(objective_, network_slice, slice_);
  cpu::NetworkHessian::Workspace workspace(hessian);
  std::vector<double> matrix(static_cast<std::size_t>(hessian.matrix_doubles()));
  const double bound = hessian.assemble(coordinates_.data(), workspace, matrix.data());

  const auto size = static_cast<std::size_t>(hessian.size());
  std::vector<double> identity(size * size, 0.0);
  for (std::size_t i = 0; i < size; ++i) identity[i * size + i] = 1.0;
  std::vector<double> columns(size * size);
  cpu::HessianVector product(objective_, data, slice_);
  product.set_point(coordinates_.data());
  product.apply(identity.data(), hessian.size(), columns.data());
  for (std::size_t r = 0; r < size; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      // The products' errors are of the size that the assembly's bound allows for.
      EXPECT_NEAR(matrix[r * size + c], columns[c * size + r], 2.0 * bound) << r << "," << c;
      EXPECT_NEAR(columns[r * size + c], columns[c * size + r], 2.0 * bound) << r << "," << c;
    }
  }
}

TEST_P(EveryNetworksHessian, CurvatureAlongADirectionIsTheQuadraticFormWithinItsBound) {
  const cpu::NetworkData<double> data(*objective_.network());
  const cpu::NetworkSlice<double> network_slice(data, slice_);
  const cpu::SliceMagnitudes magnitudes(network_slice);
  cpu::FactorWorkspace factors(data);
  cpu::Prober prober(objective_, network_slice, magnitudes, slice_, factors);

  Random random(6);
  std::vector<double> vector =
      normal(random, static_cast<std::int64_t>(objective_.subset.size()), 0.3);
  std::vector<double> direction(slice_.origin.size(), 0.0);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    direction[static_cast<std::size_t>(objective_.subset[i])] = vector[i];
  }
  const cpu::Probe probe(data, Slice{direction, {}}, magnitudes);
  const std::vector<cpu::Probe::Direction> directions{probe.at({0.0, 0.0})};
  const cpu::ValueWithError curvature = prober.curvature(coordinates_.data(), directions).front();

  cpu::HessianVector product(objective_, data, slice_);
  product.set_point(coordinates_.data());
  std::vector<double> image(vector.size());
  product.apply(vector.data(), 1, image.data());
  double form = 0.0;
  for (std::size_t i = 0; i < vector.size(); ++i) form += vector[i] * image[i];
  EXPECT_NEAR(curvature.value, form, 2.0 * curvature.error);
  EXPECT_LE(curvature.error, 1e-8 * (1.0 + std::fabs(form)));
}

/// Some directions, and most once more with a penalty that leaves a curvature which is negative by
/// more than the smaller error and less than the larger.
TEST_P(EveryNetworksHessian, SignsAreProvedAsIfEveryErrorWereSmall) {
  const cpu::NetworkData<double> data(*objective_.network());
  const cpu::NetworkSlice<double> network_slice(data, slice_);
  const cpu::SliceMagnitudes magnitudes(network_slice);
  Random random(8);
  int between = 0;
  for (int trial = 0; trial < 16 || (between == 0 && trial < 1000); ++trial) {
    objective_.penalty = {};
    const auto part = normal(random, static_cast<std::int64_t>(objective_.subset.size()));
    std::vector<double> direction(slice_.origin.size(), 0.0);
    double square = 0.0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      direction[static_cast<std::size_t>(objective_.subset[i])] = part[i];
      square += part[i] * part[i];
    }
    const cpu::Probe probe(data, Slice{direction, {}}, magnitudes);
    const std::vector<cpu::Probe::Direction> directions{probe.at({0.0, 0.0})};
    const auto both = [&] {
      cpu::FactorWorkspace factors(data);
      cpu::Prober prober(objective_, network_slice, magnitudes, slice_, factors);
      const cpu::ValueWithError sign = prober.sign(coordinates_.data(), directions).front();
      const cpu::ValueWithError small = prober.curvature(coordinates_.data(), directions).front();
      EXPECT_EQ(sign.value, small.value);
      EXPECT_EQ(sign.surely_negative(), small.surely_negative());
      return std::pair(sign, small.error);
    };
    const auto [sign, smaller] = both();
    const double larger = sign.error;
    // Both are computed, with a relative error far below this.
    EXPECT_GE(larger, (1.0 - 1e-10) * smaller);
    EXPECT_LE(larger, 1e-8 * (1.0 + square));
    // vᵀ∇²(V‖θ‖²)v = 2V·‖v‖², whose own error is that of a sum of so many terms.
    const double rounding =
        4.0 * static_cast<double>(part.size() + 10) * 0x1p-53 * std::fabs(sign.value);
    if (larger - smaller < 2.0 * rounding) continue;
    objective_.penalty = {
        {{PenaltyTerm::Kind::l2, -0.5 * (sign.value + 0.5 * (larger + smaller)) / square}}, {}};
    const auto [penalised, penalised_error] = both();
    EXPECT_TRUE(penalised.surely_negative());
    EXPECT_EQ(penalised.error, penalised_error);
    ++between;
  }
  EXPECT_GT(between, 0);
}

/// Without kinks, which the gradients on either side of one would see.
class SmoothNetworksHessian : public EveryNetworksHessian {};

TEST_P(SmoothNetworksHessian, ProductsAreFiniteDifferencesOfGradients) {
  objective_.penalty = {{{PenaltyTerm::Kind::l2, 0.01}}, {}};
  const auto backend = make_backend("cpu", objective_, Precision::float64);
  std::vector<double> theta = slice_.at(coordinates_);
  const std::size_t count = theta.size();
  Random random(7);
  std::vector<double> vector = normal(random, static_cast<std::int64_t>(objective_.subset.size()));
  std::vector<double> direction(count, 0.0);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    direction[static_cast<std::size_t>(objective_.subset[i])] = vector[i];
  }
  // Fourth-order differences: h⁴ and u/h are both some 1e-12 at h = 1e-3, times higher derivatives.
  constexpr double h = 1e-3;
  std::vector<double> difference(count, 0.0);
  for (const auto& [step, weight] :
       {std::pair{-2.0, 1.0 / 12}, {-1.0, -2.0 / 3}, {1.0, 2.0 / 3}, {2.0, -1.0 / 12}}) {
    std::vector<double> moved = theta;
    for (std::size_t i = 0; i < count; ++i) moved[i] += step * h * direction[i];
    std::vector<double> gradient(count);
    backend->gradient(moved, gradient);
    for (std::size_t i = 0; i < count; ++i) difference[i] += weight / h * gradient[i];
  }
  const cpu::NetworkData<double> data(*objective_.network());
  cpu::HessianVector product(objective_, data, slice_);
  product.set_point(coordinates_.data());
  std::vector<double> image(vector.size());
  product.apply(vector.data(), 1, image.data());
  double norm = 0.0;
  for (const double x : image) norm += x * x;
  norm = std::sqrt(norm);
  for (std::size_t i = 0; i < image.size(); ++i) {
    EXPECT_NEAR(image[i], difference[static_cast<std::size_t>(objective_.subset[i])],
                3e-7 * (norm + 1.0));
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryNetworksHessian, every_network(), network_name);
INSTANTIATE_TEST_SUITE_P(
    , SmoothNetworksHessian,
    testing::Combine(
        testing::Values(Activation::identity, Activation::gelu, Activation::gelu_tanh,
                        Activation::silu, Activation::softplus, Activation::sigmoid,
                        Activation::tanh, Activation::sin),
        testing::Values(Loss::cross_entropy, Loss::mse, Loss::binary_cross_entropy, Loss::output),
        testing::Values(NetworkShape::plain, NetworkShape::residual, NetworkShape::no_bias,
                        NetworkShape::subset, NetworkShape::dropout)),
    network_name);

}  // namespace
}  // namespace convexscan
