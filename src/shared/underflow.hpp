// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

namespace convexscan::shared {

/// What underflow inside a network can do to its Hessian. A number below the smallest one counts as
/// zero in values, and one below its root in the norms that error bounds are made of; the weights
/// that come after may magnify what was lost. docs/error-bounds.md has the argument.
class UnderflowBound {
 public:
  UnderflowBound(const NetworkTask& task, const Slice& slice);

  /// Bounds the Frobenius norm of what is lost of the Hessian at a point of the slice, and of the
  /// bound on its error: (axes) coordinates. Infinity where weights are as large as that.
  double at(const double* coordinates) const;

  /// The same of vᵀ∇²f v, where Σ|v_i| is size.
  double along(const double* coordinates, double size) const;

 private:
  /// What a layer, its activation or its weights alone multiply a sample's numbers by, forwards or
  /// backwards, is at most slope·(2 + Σ_j |c_j|·norms[j]), c_0 = 1.
  struct LayerGrowth {
    double slope;               ///< at least 1
    std::vector<double> norms;  ///< (1 + axes): of the origin's and the directions' weights
  };

  std::vector<LayerGrowth> layers_;
  double logarithm_;  ///< log₂ of what does not depend on the weights
};

}  // namespace convexscan::shared
