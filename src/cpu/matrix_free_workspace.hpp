// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "cpu/curvature_probe.hpp"
#include "cpu/hessian_vector.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/product_error.hpp"
#include "shared/underflow.hpp"

namespace convexscan::cpu {

/// What one thread needs to look at points of a slice without a matrix. Everything it is made of
/// must outlive it.
class MatrixFreeWorkspace {
 public:
  MatrixFreeWorkspace(const Objective& objective, const NetworkSlice<double>& network,
                      const SliceMagnitudes& magnitudes, const Slice& slice);

  /// Lanczos on the exact Hessian-vector products at the coordinates, one for each step. The pairs
  /// stay until the next call.
  const RitzPairs& ritz_pairs(const double* coordinates, const std::vector<double>& start,
                              const LanczosLimits& limits);

  /// A bound on the error of those products: cpu::product_error.
  double product_error(const double* coordinates);

  Prober& prober() { return prober_; }

 private:
  const Objective& objective_;
  const NetworkSlice<double>& network_;
  const SliceMagnitudes& magnitudes_;
  const Slice& slice_;
  HessianVector product_;
  Lanczos lanczos_;
  FactorWorkspace factors_;
  Prober prober_;
  Aligned<double> theta_;
  Aligned<double> magnitude_;
  ProductErrorScratch sizes_;
  const shared::UnderflowBound underflow_;
};

}  // namespace convexscan::cpu
