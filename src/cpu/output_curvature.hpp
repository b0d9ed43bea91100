// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cpu/network_slice.hpp"

/// Second derivatives of the loss in the outputs, for a block of samples whose rows are
/// gradient_block apart.
namespace convexscan::cpu {

/// ∂ℓ/∂a into adjoint, and softmax or ∂²ℓ/∂a² into second; both zero for samples that do not exist.
/// z are the outputs of `columns` samples from start on; scratch (8 · tile_samples).
void differentiate_outputs(const NetworkData<double>& data, const double* z, std::int64_t start,
                           std::int64_t columns, double* scratch, double* adjoint, double* second);

/// out = ∂²ℓ/∂a²·in; scratch (columns).
void loss_product(const NetworkData<double>& data, const double* second, std::int64_t columns,
                  const double* in, double* scratch, double* out);

}  // namespace convexscan::cpu
