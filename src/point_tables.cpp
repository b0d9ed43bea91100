// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "point_tables.hpp"

namespace convexscan {

Slice point_of(std::span<const double> thetas, std::int64_t points, std::int64_t point) {
  const std::size_t parameters = thetas.size() / static_cast<std::size_t>(points);
  const auto theta = thetas.subspan(static_cast<std::size_t>(point) * parameters, parameters);
  return Slice{{theta.begin(), theta.end()}, {}};
}

ValueTable PointTables::joined() const {
  ValueTable all;
  for (const ValueTable& table : tables_) {
    for (const auto& [quantity, values] : table) {
      Values& to = all[quantity];
      to.components = values.components;
      to.data.insert(to.data.end(), values.data.begin(), values.data.end());
    }
  }
  return all;
}

}  // namespace convexscan
