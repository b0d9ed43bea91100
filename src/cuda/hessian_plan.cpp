// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/hessian_plan.hpp"

#include <algorithm>
#include <cmath>

namespace convexscan::cuda {

HessianPlan::HessianPlan(const FactorRows& factors, const NetworkData<double>& data,
                         std::span<const std::int64_t> subset)
    : factors_(factors),
      coupled_outputs_(data.task.loss == Loss::cross_entropy),
      layout_(data.layers, subset) {
  for (int l = 0; l < layout_.depth(); ++l) {
    if (layout_.layer(l).empty()) continue;
    for (std::int64_t first = 0; first < layout_.layer(l).outputs; first += most_tangents) {
      add_chunk(l, first);
    }
  }
}

void HessianPlan::add_chunk(int l, std::int64_t first) {
  const auto whole = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  const cpu::LayerColumns& lower = layout_.layer(l);
  const std::int64_t tangents = std::min(most_tangents, lower.outputs - first);
  const std::int64_t columns = lower.end - lower.begin;
  const auto begin = static_cast<std::int64_t>(rows_.size());
  const bool only_own = l == layout_.depth() - 1 && !coupled_outputs_;
  for (int m = l; m < layout_.depth(); ++m) {
    const cpu::LayerColumns& upper = layout_.layer(m);
    const kernels::FactorLayer& layer = factors_.layers[static_cast<std::size_t>(m)];
    const auto add = [&](std::int64_t i, std::int64_t j, std::int64_t t) {
      const std::int64_t k = first + t;
      const bool tangent = m > l && j < upper.inputs;
      const std::int64_t da =
          tangent ? factors_.layers[static_cast<std::size_t>(m - 1)].tangent + j * tangents + t
                  : -1;
      rows_.push_back({whole(layer.tangent + i * tangents + t), whole(layer.input + j),
                       tangent ? whole(layer.node + i) : -1, whole(da), whole(upper.index(i, j)),
                       whole(lower.offset + k * lower.row_length()), whole(lower.bias_offset + k),
                       // Within a neuron the block is symmetric: (j, p) is (p, j).
                       whole(m == l && i == k ? j - upper.begin + 1 : columns)});
    };
    for (std::int64_t i = m == l ? first : 0; i < upper.outputs; ++i) {
      for (std::int64_t j = upper.begin; j < upper.end; ++j) {
        for (std::int64_t t = 0; t < tangents; ++t) {
          const std::int64_t k = first + t;
          if (m == l && (k > i || (only_own && k != i))) continue;
          add(i, j, t);
        }
      }
    }
  }
  chunks_.push_back(
      {l, first, tangents, begin, static_cast<std::int64_t>(rows_.size()) - begin, error_count_});
  error_count_ += layout_.depth() - l;
}

std::vector<kernels::FactorColumns> HessianPlan::columns() const {
  std::vector<kernels::FactorColumns> columns;
  for (int l = 0; l < layout_.depth(); ++l) {
    columns.push_back({layout_.layer(l).begin, layout_.layer(l).end});
  }
  return columns;
}

kernels::ProductTask HessianPlan::products(const Chunk& chunk) const {
  const cpu::LayerColumns& layer = layout_.layer(chunk.layer);
  kernels::ProductTask products;
  products.count = chunk.rows;
  products.column_row = factors_.nodes[static_cast<std::size_t>(chunk.layer)] + layer.begin;
  products.columns = layer.end - layer.begin;
  products.has_bias = layer.has_bias();
  products.size = layout_.assembled();
  return products;
}

double HessianPlan::combined(std::span<const double> block_errors) const {
  // Errors add up over the samples within a block of the matrix, and by squares over its blocks.
  double square = 0.0;
  for (const Chunk& chunk : chunks_) {
    for (int m = chunk.layer; m < layout_.depth(); ++m) {
      const double e = block_errors[static_cast<std::size_t>(chunk.error + m - chunk.layer)];
      square += (m == chunk.layer ? 1.0 : 2.0) * e * e;
    }
  }
  // The few roundings of the scaling and of the bound itself are far below a hundredth of it.
  return 1.01 * std::sqrt(square);
}

}  // namespace convexscan::cuda
