// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/losses.hpp"

namespace convexscan::kernels {

/// First and second derivative along a line of the summed losses: partial (2, points, tiles), over
/// the samples [start, start + columns); z holds Taylor series on lines, see kernels/jets.hpp.
template <class Real>
void line_derivative_partials(const Targets<Real>& targets, Batch<const Real> z, std::int64_t start,
                              std::int64_t columns, std::int64_t points, std::int64_t tiles,
                              double* partial, cudaStream_t stream);

}  // namespace convexscan::kernels
