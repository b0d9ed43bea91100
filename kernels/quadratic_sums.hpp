// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/losses.hpp"

namespace convexscan::kernels {

/// Sums of one slice: Σ r², Σ r·Z_x, Σ Z_x², Σ r·Z_y, Σ Z_x·Z_y, Σ Z_y².
inline constexpr int quadratic_sum_count = 6;

/// What the squared error Σ (r + x·Z_x + y·Z_y)² over outputs and samples is made of, with the
/// residuals r = Z₀ − targets: sums (slices, quadratic_sum_count), zeros where there is no axis.
/// The parts of z are (targets.outputs, z_stride) each, slice_stride from one slice to the next.
/// Wrong by at most three roundings of sums of the terms' sizes.
template <class Real>
void quadratic_sums(const Targets<Real>& targets, Affine<Real> z, std::int64_t z_stride,
                    std::int64_t slice_stride, std::int64_t slices, double* sums,
                    cudaStream_t stream);

}  // namespace convexscan::kernels
