// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <optional>

#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// The squared error of a network of one linear layer on a slice: exactly a quadratic in the
/// coordinates c. With residuals r = Z₀ − Y,
///   Σ (r + Σ_j c_j·Z_j)² = Σ r² + 2 Σ_j c_j Σ r·Z_j + Σ_jk c_j·c_k Σ Z_j·Z_k,
/// so that a point costs six numbers however many samples there are. The sums are wrong by at most
/// three roundings of those of the terms' sizes, which is within rounding_bound; an exact sum of
/// squares is never negative, and neither is this.
class QuadraticLoss {
 public:
  /// Nothing where the loss is not of that kind.
  template <class Real>
  static std::optional<QuadraticLoss> of(const NetworkSlice<Real>& slice);

  /// Summed over the samples.
  double at(const double* coordinates) const;

 private:
  int axes_ = 0;
  std::array<std::array<double, 3>, 3> products_{};  ///< of (r, Z_x, Z_y)
};

}  // namespace convexscan::cpu
