// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <vector>

#include "convexscan/loss.hpp"
#include "shared/layer_plan.hpp"

namespace convexscan::shared {

/// The squared error of a network of one linear layer on a slice: exactly a quadratic in the
/// coordinates c. With residuals r = Z₀ − Y,
///   Σ (r + Σ_j c_j·Z_j)² = Σ r² + 2 Σ_j c_j Σ r·Z_j + Σ_jk c_j·c_k Σ Z_j·Z_k,
/// so that a point costs six numbers however many samples there are. The sums are wrong by at most
/// three roundings of those of the terms' sizes, which is within rounding_bound; an exact sum of
/// squares is never negative, and neither is this.
struct QuadraticLoss {
  int axes = 0;
  std::array<std::array<double, 3>, 3> products{};  ///< of (r, Z_x, Z_y), summed

  /// Summed over the samples.
  double at(const double* coordinates) const;
};

/// Whether the layers' loss is one.
template <class Real>
bool is_quadratic(const std::vector<LayerPlan<Real>>& layers, Loss loss) {
  const LayerPlan<Real>& layer = layers.front();
  return loss == Loss::mse && layers.size() == 1 && layer.activation == Activation::identity &&
         layer.skip_before == Layer::no_skip && layer.skip_after == Layer::no_skip &&
         !layer.mask.drops();
}

}  // namespace convexscan::shared
