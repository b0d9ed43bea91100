// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

namespace convexscan::shared {

/// Whether a skip takes a node's activations, 0 being the input and l + 1 the output of layer l; of
/// layers or of their plans.
template <class Layers>
bool is_skipped(const Layers& layers, int node) {
  return std::ranges::any_of(layers, [&](const auto& layer) {
    return layer.skip_before == node || layer.skip_after == node;
  });
}

}  // namespace convexscan::shared
