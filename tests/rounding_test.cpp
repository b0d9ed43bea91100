// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/rounding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "reference_network.hpp"
#include "shared/activations.hpp"

namespace convexscan {
namespace {

class EveryActivation : public testing::TestWithParam<Activation> {};

/// A slope below zero, or an alpha, where the activation has one.
std::vector<double> slopes_of(Activation kind) {
  if (kind == Activation::elu) return {0.3, 1.0, 1.3, 4.0};
  if (kind == Activation::leaky_relu) return {0.01, 1.0, 3.0};
  return {0.0};
}

void expect_bounds(Activation kind, double slope) {
  SCOPED_TRACE(slope);
  const shared::ActivationErrors allowed = shared::activation_errors(kind, slope);
  constexpr double u = shared::unit_roundoff;
  double value = 0.0;  // largest share of what is allowed
  double first = 0.0;
  double second = 0.0;
  for (std::uint64_t i = 1; i < 300000; ++i) {
    const double fraction = static_cast<double>((i * 0x9e3779b97f4a7c15U) >> 11) * 0x1p-52 - 1.0;
    const double z = fraction * (i % 3 == 0 ? 1.0 : (i % 3 == 1 ? 8.0 : 40.0));
    reference::Jet jet(static_cast<reference::Real>(z));
    jet.x = 1;
    const reference::Jet exact = reference::activation(kind, slope, jet);
    const auto computed = shared::with_activation(
        kind, [&]<Activation constant>() { return shared::activation<constant>(z, slope); });
    EXPECT_LE(std::fabs(static_cast<double>(exact.x)), allowed.lipschitz);
    EXPECT_LE(std::fabs(static_cast<double>(exact.xx)), allowed.second);
    // A difference quotient of the second derivative is the third one somewhere in between.
    constexpr double step = 0x1p-20;
    reference::Jet further(jet.v + (z < 0.0 ? -step : step));
    further.x = 1;
    const reference::Real bend = reference::activation(kind, slope, further).xx - exact.xx;
    EXPECT_LE(std::fabs(static_cast<double>(bend)) / step, allowed.third + 1e-9) << z;
    const double size = std::fabs(z);
    const double bounded = std::min(size, 8.0);
    const double growth =
        1.0 + allowed.cubic * std::pow(bounded, 3.0) * (1.0 + 0.04 * bounded * bounded);
    const auto share = [](double error, double bound) {
      return error <= 1e-300 ? 0.0 : error / bound;
    };
    value = std::max(value,
                     share(static_cast<double>(std::fabs(computed.value - exact.v)),
                           u * (allowed.value_relative * static_cast<double>(std::fabs(exact.v)) +
                                allowed.value_absolute * size)));
    first = std::max(first, share(static_cast<double>(std::fabs(computed.first - exact.x)),
                                  u * allowed.first_rounding * growth));
    second = std::max(second, share(static_cast<double>(std::fabs(computed.second - exact.xx)),
                                    u * allowed.second_rounding * growth));
  }
  // Of a single product u is no finding, but the bound.
  EXPECT_LE(value, kind == Activation::leaky_relu ? 1.0 : 0.75);
  EXPECT_LE(first, 0.75);
  EXPECT_LE(second, 0.75);
}

TEST_P(EveryActivation, RoundsNoMoreThanTheErrorBoundsAllowFor) {
  for (const double slope : slopes_of(GetParam())) expect_bounds(GetParam(), slope);
}

/// Across its kink a slope jumps by what the bounds allow for.
TEST_P(EveryActivation, JumpsNoMoreThanTheErrorBoundsAllowFor) {
  for (const double slope : slopes_of(GetParam())) {
    const shared::ActivationErrors allowed = shared::activation_errors(GetParam(), slope);
    reference::Jet below(-1e-18L);
    reference::Jet above(1e-18L);
    below.x = above.x = 1;
    const reference::Jet left = reference::activation(GetParam(), slope, below);
    const reference::Jet right = reference::activation(GetParam(), slope, above);
    EXPECT_LE(std::fabs(static_cast<double>(right.x - left.x)), allowed.jump + 1e-15) << slope;
    EXPECT_LE(std::fabs(static_cast<double>(right.xx - left.xx)), allowed.bend_jump + 1e-15);
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryActivation,
                         testing::Values(Activation::identity, Activation::relu,
                                         Activation::leaky_relu, Activation::elu, Activation::gelu,
                                         Activation::gelu_tanh, Activation::silu,
                                         Activation::softplus, Activation::sigmoid,
                                         Activation::tanh, Activation::sin),
                         [](const auto& activation) {
                           std::string text(name(activation.param));
                           std::ranges::replace(text, '-', '_');
                           return text;
                         });

}  // namespace
}  // namespace convexscan
