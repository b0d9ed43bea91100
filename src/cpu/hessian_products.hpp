// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <vector>

#include "cpu/hessian_layout.hpp"
#include "cpu/sample_factors.hpp"

namespace convexscan::cpu {

/// The scratch memory of one thread.
struct ProductWorkspace {
  explicit ProductWorkspace(const HessianLayout& layout);
  Aligned<double> rows;  ///< what the samples' sums are made of, a few rows of hessian_block
  std::vector<double> sums;
};

/// Adds the block's products for layer l's tangents first … first + tangents − 1 with every layer
/// behind it to the lower triangle of matrix, (layout.assembled(), layout.assembled()). Returns a
/// bound on the Frobenius norm of each layer's errors in errors (depth).
void add_products(const HessianPoint& point, const HessianLayout& layout, std::int64_t block, int l,
                  std::int64_t first, std::int64_t tangents, FactorWorkspace& work,
                  ProductWorkspace& products, double* matrix, double* errors);

}  // namespace convexscan::cpu
