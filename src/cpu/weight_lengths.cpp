// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/weight_lengths.hpp"

#include <algorithm>
#include <cmath>

namespace convexscan::cpu {

WeightLengths::WeightLengths(const NetworkData<double>& data) {
  for (const LayerPlan<double>& layer : data.layers) {
    rows_.emplace_back(static_cast<std::size_t>(layer.outputs));
    columns_.emplace_back(static_cast<std::size_t>(layer.inputs));
  }
}

void WeightLengths::take(const NetworkData<double>& data, const double* sizes) {
  for (std::size_t l = 1; l < data.layers.size(); ++l) {
    const LayerPlan<double>& layer = data.layers[l];
    Aligned<double>& columns = columns_[l];
    std::ranges::fill(columns, underflowing_squares);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const double* const row = sizes + layer.weight + o * layer.inputs;
      double sum = underflowing_squares;
      for (std::int64_t i = 0; i < layer.inputs; ++i) {
        const double square = row[i] * row[i];
        sum += square;
        columns[static_cast<std::size_t>(i)] += square;
      }
      rows_[l][static_cast<std::size_t>(o)] = std::sqrt(sum);
    }
    for (double& column : columns) column = std::sqrt(column);
  }
}

}  // namespace convexscan::cpu
