// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/activation.hpp"

/// Which changes of a unit's weights its activation takes without a change of the function.
namespace convexscan {

/// σ(−z) = −σ(z)
constexpr bool is_odd(Activation a) {
  return a == Activation::identity || a == Activation::tanh || a == Activation::sin;
}

/// σ(c·z) = c·σ(z) for c > 0
constexpr bool is_positively_homogeneous(Activation a) {
  return a == Activation::identity || a == Activation::relu || a == Activation::leaky_relu;
}

}  // namespace convexscan
