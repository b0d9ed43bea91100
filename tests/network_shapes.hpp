// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "convexscan/objective.hpp"

/// Every activation with every loss, in networks small enough for slow references.
namespace convexscan {

enum class NetworkShape { plain, residual, no_bias, subset, dropout };
using NetworkCase = std::tuple<Activation, Loss, NetworkShape>;

/// 3-4-3 or, with skips before and after activations, 3-3-3-3 and an activation on the outputs.
inline Model network_of(Activation activation, NetworkShape shape) {
  const bool bias = shape != NetworkShape::no_bias;
  const double slope = default_slope(activation);
  constexpr int none = Layer::no_skip;
  if (shape == NetworkShape::dropout) {
    // On every layer's output, before and behind skips, each with its own fraction.
    return Model({{3, 4, true, activation, slope, none, none, 0.25, 3},
                  {4, 4, true, activation, slope, none, 1, 0.5, 3},
                  {4, 3, true, Activation::identity, 0.0, none, none, 0.125, 4}});
  }
  if (shape == NetworkShape::residual) {
    return Model({{2, 3, true, activation, slope, none, none},
                  {3, 3, false, activation, slope, 1, none},
                  {3, 3, true, activation, slope, 1, 2},
                  {3, 3, true, activation, slope, none, 2}});
  }
  return Model({{3, 4, bias, activation, slope, none, none},
                {4, 3, bias, activation, slope, none, none},
                {3, 3, bias, Activation::identity, 0.0, none, none}});
}

/// Some rows of each layer of the plain network, weights and biases.
inline std::vector<std::int64_t> network_subset() {
  return {0, 3, 11, 12, 15, 17, 28, 30, 31, 40, 42};
}

inline auto every_network() {
  using enum Activation;
  return testing::Combine(
      testing::Values(identity, relu, leaky_relu, elu, gelu, gelu_tanh, silu, softplus, sigmoid,
                      tanh, sin),
      testing::Values(Loss::cross_entropy, Loss::mse, Loss::binary_cross_entropy, Loss::huber,
                      Loss::output),
      testing::Values(NetworkShape::plain, NetworkShape::residual, NetworkShape::no_bias,
                      NetworkShape::subset, NetworkShape::dropout));
}

inline std::string network_name(const testing::TestParamInfo<NetworkCase>& info) {
  const auto [activation, loss, shape] = info.param;
  constexpr std::array<const char*, 5> shapes{"plain", "residual", "no_bias", "subset", "dropout"};
  std::string text = std::string(name(activation)) + "_" + std::string(name(loss)) + "_" +
                     shapes[static_cast<std::size_t>(shape)];
  std::ranges::replace(text, '-', '_');
  return text;
}

}  // namespace convexscan
