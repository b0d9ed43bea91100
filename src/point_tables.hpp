// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "convexscan/quantity.hpp"
#include "convexscan/slice.hpp"

namespace convexscan {

/// One of points that lie one after the other, as a slice without axes.
Slice point_of(std::span<const double> thetas, std::int64_t points, std::int64_t point);

/// Tables of one point each, to be joined to one of all in their order.
class PointTables {
 public:
  explicit PointTables(std::int64_t points) : tables_(static_cast<std::size_t>(points)) {}

  void set(std::int64_t point, ValueTable table) {
    tables_[static_cast<std::size_t>(point)] = std::move(table);
  }
  ValueTable joined() const;

 private:
  std::vector<ValueTable> tables_;
};

}  // namespace convexscan
