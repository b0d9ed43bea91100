// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/landscape_hessian.hpp"

#include <cmath>

#include "cpu/penalty_curvature.hpp"
#include "cpu/point_curvature.hpp"
#include "shared/bounded_jets.hpp"
#include "shared/bounded_point.hpp"
#include "shared/landscapes.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {

using shared::BoundedJet;

double landscape_hessian(const Objective& objective, const Slice& slice, const double* coordinates,
                         std::vector<double>& matrix) {
  const std::vector<shared::BoundedValue> theta = shared::bounded_point(slice, coordinates);
  const auto& subset = objective.subset;
  const std::size_t size = subset.size();
  matrix.assign(size * size, 0.0);
  std::vector<BoundedJet> p(theta.begin(), theta.end());
  double error = 0.0;  // Frobenius; hypot squares nothing that overflows
  for (std::size_t r = 0; r < size; ++r) {
    BoundedJet& row = p[static_cast<std::size_t>(subset[r])];
    row.x = 1.0;
    for (std::size_t c = 0; c <= r; ++c) {
      BoundedJet& column = p[static_cast<std::size_t>(subset[c])];
      column.y = 1.0;
      const shared::BoundedValue entry =
          shared::landscape_value(objective.landscape()->id, p.data()).xy;
      matrix[r * size + c] = entry.value;
      error = std::hypot(error, r == c ? entry.error : std::sqrt(2.0) * entry.error);
      column.y = 0.0;
    }
    row.x = 0.0;
  }
  error = 1.01 * error + shared::underflow_allowance(static_cast<std::int64_t>(size));
  for (std::size_t r = 0; !objective.penalty.empty() && r < size; ++r) {
    const ValueWithError second =
        penalty_curvature(objective.penalty, slice, coordinates, subset[r]);
    matrix[r * size + r] += second.value;
    error += second.error + shared::unit_roundoff * std::fabs(matrix[r * size + r]);
  }
  return or_infinite(error);
}

}  // namespace convexscan::cpu
