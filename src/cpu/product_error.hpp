// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"
#include "cpu/sample_factors.hpp"
#include "shared/product_error.hpp"
#include "shared/underflow.hpp"

namespace convexscan::cpu {

/// Room for one sample's sizes, layer by layer.
struct ProductErrorScratch {
  std::vector<double> weights;
  std::vector<shared::LayerSizes> layers;
  std::vector<shared::Size> pre;
  std::vector<shared::Size> tangent;
  std::vector<shared::Size> adjoint;
};

/// A bound on ‖computed Hv − Hv‖ over all unit vectors v at a point of the slice, penalty included,
/// for products that are made by the rules of hessian_vector.hpp in any order of summation:
/// Euclidean norms of a sample's tangents, and of their errors, are carried through the layers
/// instead of the tangents (docs/error-bounds.md).
double product_error(const Objective& objective, const Slice& slice,
                     const shared::UnderflowBound& underflow, const HessianPoint& point,
                     FactorWorkspace& work, ProductErrorScratch& scratch);

/// That of the averaged loss with what the penalty adds to it.
double whole_product_error(const Objective& objective, const Slice& slice,
                           const shared::UnderflowBound& underflow, const double* coordinates,
                           double of_loss);

}  // namespace convexscan::cpu
