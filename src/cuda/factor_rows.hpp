// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "cuda/network_data.hpp"
#include "kernels/hessian_factors.hpp"

namespace convexscan::cuda {

/// Tangents of a layer that are carried at once: a constant, since it shows in the last bits.
inline constexpr std::int64_t most_tangents = 32;

/// Which rows of the factors of a sample belong to which layer and node.
struct FactorRows {
  explicit FactorRows(const NetworkData<double>& data);

  std::vector<kernels::FactorLayer> layers;
  std::vector<std::int64_t> nodes;  ///< (depth + 1): first row of each node
  std::int64_t count = 0;           ///< of all nodes, a row of ones behind each included
  std::int64_t tangents = 0;        ///< rows of tangents
};

}  // namespace convexscan::cuda
