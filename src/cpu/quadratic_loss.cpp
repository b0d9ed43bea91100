// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/quadratic_loss.hpp"

#include <algorithm>

#include "shared/compensated_sum.hpp"

namespace convexscan::cpu {

template <class Real>
std::optional<shared::QuadraticLoss> quadratic_loss(const NetworkSlice<Real>& slice) {
  const NetworkData<Real>& data = slice.data;
  if (!shared::is_quadratic(data.layers, data.task.loss) || slice.axes == 0) return std::nullopt;
  const LayerPlan<Real>& layer = data.layers.front();
  shared::QuadraticLoss loss;
  loss.axes = slice.axes;
  const auto terms = 1 + static_cast<std::size_t>(slice.axes);
  std::array<std::array<shared::CompensatedSum, 3>, 3> sums;
  std::array<std::array<long double, tile_samples>, 3> columns{};
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    for (std::int64_t start = 0; start < data.samples; start += tile_samples) {
      const std::int64_t valid = std::min(tile_samples, data.samples - start);
      const std::int64_t at = o * data.stride + start;
      for (std::size_t j = 0; j < terms; ++j) {
        std::copy_n(slice.first[j].begin() + at, valid, columns[j].begin());
      }
      for (std::int64_t s = 0; s < valid; ++s) {
        columns[0][static_cast<std::size_t>(s)] -= data.targets[static_cast<std::size_t>(at + s)];
      }
      // Sums of 64 in long double carry 2⁻⁵⁸; what counts is that each becomes a double.
      for (std::size_t j = 0; j < terms; ++j) {
        for (std::size_t k = 0; k <= j; ++k) {
          long double sum = 0;
          for (std::int64_t s = 0; s < valid; ++s) {
            const auto i = static_cast<std::size_t>(s);
            sum += columns[j][i] * columns[k][i];
          }
          sums[j][k].add(static_cast<double>(sum));
        }
      }
    }
  }
  for (std::size_t j = 0; j < terms; ++j) {
    for (std::size_t k = 0; k <= j; ++k) {
      loss.products[j][k] = loss.products[k][j] = sums[j][k].value();
    }
  }
  return loss;
}

template std::optional<shared::QuadraticLoss> quadratic_loss(const NetworkSlice<double>&);
template std::optional<shared::QuadraticLoss> quadratic_loss(const NetworkSlice<float>&);

}  // namespace convexscan::cpu
