// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/quadratic_loss.hpp"

namespace convexscan::shared {

double QuadraticLoss::at(const double* coordinates) const {
  const std::array<long double, 3> c{1.0L, axes > 0 ? coordinates[0] : 0.0L,
                                     axes > 1 ? coordinates[1] : 0.0L};
  long double sum = 0;
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t k = 0; k < 3; ++k) sum += c[j] * c[k] * products[j][k];
  }
  // NaN stays.
  return sum < 0 ? 0.0 : static_cast<double>(sum);
}

}  // namespace convexscan::shared
