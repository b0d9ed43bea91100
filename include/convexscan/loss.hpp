// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace convexscan {

/// What is averaged over the samples, as torch.nn.functional defines it with reduction='mean':
/// mse, huber (δ = 1) and binary cross-entropy (on logits) average over outputs too.
/// output is no loss but one output of the network itself (`--objective output:K`).
enum class Loss : std::int32_t {
  cross_entropy,
  mse,
  binary_cross_entropy,
  huber,
  output,
};

}  // namespace convexscan
