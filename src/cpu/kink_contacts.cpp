// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/kink_contacts.hpp"

#include <algorithm>

#include "shared/rounding.hpp"

namespace convexscan::cpu {
namespace {

double jump_of(const LayerPlan<double>& layer) {
  return shared::activation_errors(layer.activation, layer.slope).jump;
}

/// reached ← whether z of the layer, skips apart, changes with the parameters, sample by sample: a
/// weight does nothing beside an input that is zero and stays so.
void mark_reached(const LayerColumns& columns, std::int64_t n, int l, FactorWorkspace& work,
                  double* reached) {
  std::fill_n(reached, n, columns.has_bias() ? 1.0 : 0.0);
  const double* const moves = work.row_norm(l);
  const double* const value = work.value(l);
  const double* const error = work.value_error(l);
  const std::int64_t last = std::min(columns.end, columns.inputs);
  for (std::int64_t j = 0; j < columns.inputs; ++j) {
    const bool weighted = columns.begin <= j && j < last;
    for (std::int64_t s = j * n; s < (j + 1) * n; ++s) {
      const bool zero = value[s] == 0.0 && error[s] == 0.0;
      if (moves[s] != 0.0 || (weighted && !zero)) reached[s - j * n] = 1.0;
    }
  }
}

}  // namespace

bool has_kinks(const NetworkData<double>& data) {
  return std::ranges::any_of(data.layers, [](const auto& layer) { return jump_of(layer) > 0.0; });
}

std::int64_t kink_contacts(const HessianPoint& point, const HessianLayout& layout,
                           std::int64_t block, FactorWorkspace& work) {
  const NetworkData<double>& data = point.slice.data;
  const int depth = static_cast<int>(data.layers.size());
  const std::int64_t n = std::min(hessian_block, data.stride - block * hessian_block);
  double* const reached = work.scratch();
  // Rows of 0 and 1 for every node: whether a number changes with the parameters.
  std::fill_n(work.row_norm(0), data.layers.front().inputs * n, 0.0);
  std::int64_t contacts = 0;
  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& layer = data.layers[static_cast<std::size_t>(l)];
    mark_reached(layout.layer(l), n, l, work, reached);
    const double jump = jump_of(layer);
    const double* const before =
        layer.skip_before == Layer::no_skip ? nullptr : work.row_norm(layer.skip_before);
    const double* const after =
        layer.skip_after == Layer::no_skip ? nullptr : work.row_norm(layer.skip_after);
    const double* const slope = work.slope(l);
    const double* const slope_error = work.slope_error(l);
    double* const moves = work.row_norm(l + 1);
    for (std::int64_t i = 0; i < layer.outputs * n; ++i) {
      const bool z_moves = reached[i % n] != 0.0 || (before != nullptr && before[i] != 0.0);
      // The error of a slope that may be on either side of a kink holds the jump.
      if (z_moves && jump > 0.0 && slope_error[i] >= jump) ++contacts;
      const bool flat = slope[i] == 0.0 && slope_error[i] == 0.0;
      const bool moved = (z_moves && !flat) || (after != nullptr && after[i] != 0.0);
      moves[i] = moved ? 1.0 : 0.0;
    }
  }
  return contacts;
}

}  // namespace convexscan::cpu
