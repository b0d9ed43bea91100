// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cpu/targets.hpp"

namespace convexscan::cpu {

/// Samples that are summed side by side.
inline constexpr std::int64_t lane_count = 8;

/// sums[r · columns + c] = Σ_s a[r, s] b[c, s] over the first count samples of rows n long; count
/// is a multiple of lane_count.
///
/// Lanes are samples and sums stay in registers: for a layer's few columns twice as fast as gemm,
/// which would first copy both operands. The order of the sum does not depend on the vectors'
/// width.
using SampleProduct = void (*)(std::int64_t rows, std::int64_t columns, const double* a,
                               const double* b, std::int64_t n, std::int64_t count, double* sums);

/// The one made for vectors of 64, 32 or 16 bytes, which the processor must have.
SampleProduct sample_product_with(int vector_bytes);

/// The one for this machine.
inline const SampleProduct sample_product = sample_product_with(vector_bytes());

}  // namespace convexscan::cpu
