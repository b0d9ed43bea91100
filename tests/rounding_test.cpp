// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/rounding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reference_network.hpp"
#include "shared/activations.hpp"

namespace convexscan {
namespace {

class EveryActivation : public testing::TestWithParam<Activation> {};

TEST_P(EveryActivation, RoundsNoMoreThanTheErrorBoundsAllowFor) {
  const Activation kind = GetParam();
  const double slope = kind == Activation::elu ? 1.3 : 0.01;
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
  EXPECT_LE(value, 0.75);
  EXPECT_LE(first, 0.75);
  EXPECT_LE(second, 0.75);
}

INSTANTIATE_TEST_SUITE_P(, EveryActivation,
                         testing::Values(Activation::elu, Activation::gelu, Activation::gelu_tanh,
                                         Activation::silu, Activation::softplus,
                                         Activation::sigmoid, Activation::tanh, Activation::sin),
                         [](const auto& activation) {
                           std::string text(name(activation.param));
                           std::ranges::replace(text, '-', '_');
                           return text;
                         });

}  // namespace
}  // namespace convexscan
