// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/hessian_layout.hpp"

#include <algorithm>

namespace convexscan::cpu {

template <class Real>
HessianLayout::HessianLayout(const std::vector<LayerPlan<Real>>& layers,
                             std::span<const std::int64_t> subset)
    : size_(static_cast<std::int64_t>(subset.size())) {
  auto next = subset.begin();
  layer_begin_.push_back(0);
  for (const LayerPlan<Real>& plan : layers) {
    const std::int64_t weights = plan.outputs * plan.inputs;
    const std::int64_t end = plan.weight + weights + (plan.bias < 0 ? 0 : plan.outputs);
    const auto last = std::lower_bound(next, subset.end(), end);
    LayerColumns columns{.inputs = plan.inputs, .outputs = plan.outputs, .offset = assembled_};
    const auto column = [&](std::int64_t parameter) {
      const std::int64_t at = parameter - plan.weight;
      return at < weights ? at % plan.inputs : plan.inputs;
    };
    if (next != last) {
      columns.begin = plan.inputs;
      for (auto p = next; p != last; ++p) {
        columns.begin = std::min(columns.begin, column(*p));
        columns.end = std::max(columns.end, column(*p) + 1);
      }
    }
    columns.bias_offset = columns.offset + plan.outputs * columns.row_length();
    for (auto p = next; p != last; ++p) {
      const std::int64_t at = *p - plan.weight;
      kept_.push_back(at < weights ? columns.index(at / plan.inputs, at % plan.inputs)
                                   : columns.index(at - weights, plan.inputs));
    }
    assembled_ += plan.outputs * columns.columns();
    layers_.push_back(columns);
    layer_begin_.push_back(static_cast<std::int64_t>(kept_.size()));
    next = last;
  }
}

template HessianLayout::HessianLayout(const std::vector<LayerPlan<double>>&,
                                      std::span<const std::int64_t>);
template HessianLayout::HessianLayout(const std::vector<LayerPlan<float>>&,
                                      std::span<const std::int64_t>);

void HessianLayout::gather(double* matrix) const {
  if (assembled_ == size_) return;
  // Rows and columns only move up and to the left, so the copy can be made in place.
  for (std::int64_t r = 0; r < size_; ++r) {
    const double* from = matrix + kept_[static_cast<std::size_t>(r)] * assembled_;
    for (std::int64_t c = 0; c <= r; ++c) {
      matrix[r * size_ + c] = from[kept_[static_cast<std::size_t>(c)]];
    }
  }
}

}  // namespace convexscan::cpu
