// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "convexscan/quantity.hpp"
#include "cuda/device_buffer.hpp"

namespace convexscan::cuda {

/// Makes room in table for a quantity at so many points; an empty span when it is not asked for.
inline std::span<double> column(ValueTable& table, const QuantitySet& quantities, Quantity quantity,
                                std::int64_t points, std::int64_t components) {
  if (!quantities.contains(quantity)) return {};
  Values& values = table[quantity];
  values.components = components;
  values.data.resize(static_cast<std::size_t>(points * components));
  return values.data;
}

/// planes (components, points) to rows (points, components).
inline void interleave(std::span<const double> planes, std::int64_t points,
                       std::span<double> rows) {
  const auto count = static_cast<std::size_t>(points);
  const std::size_t components = rows.size() / count;
  for (std::size_t c = 0; c < components; ++c) {
    for (std::size_t p = 0; p < count; ++p) rows[p * components + c] = planes[c * count + p];
  }
}

}  // namespace convexscan::cuda
