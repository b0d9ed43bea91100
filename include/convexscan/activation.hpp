// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace convexscan {

/// The nonlinearity σ of a layer, with the definitions of torch.nn.
/// gelu is the exact form z·Φ(z), gelu_tanh its tanh approximation; sin is torch.sin.
enum class Activation : std::int32_t {
  identity,
  relu,
  leaky_relu,
  elu,
  gelu,
  gelu_tanh,
  silu,
  softplus,
  sigmoid,
  tanh,
  sin,
};

}  // namespace convexscan
