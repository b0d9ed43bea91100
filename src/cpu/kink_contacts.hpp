// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "cpu/hessian_layout.hpp"
#include "cpu/sample_factors.hpp"

namespace convexscan::cpu {

/// How many pre-activations of the block's samples lie on a kink of their activation, as far as
/// their rounding error can tell, and move with the parameters of the layout: the slope of the loss
/// may jump there, whichever Hessian there is on either side (docs/kinks.md). One that the
/// parameters do not reach, as of a sample of zeros in a layer without biases, is no kink of the
/// loss. primal_factors has filled the block; rows of the tangents' norms are overwritten.
std::int64_t kink_contacts(const HessianPoint& point, const HessianLayout& layout,
                           std::int64_t block, FactorWorkspace& work);

/// Whether any activation's slope jumps.
bool has_kinks(const NetworkData<double>& data);

}  // namespace convexscan::cpu
