// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "convexscan/landscape.hpp"
#include "shared/bounded_value.hpp"

namespace convexscan::cpu {

/// Whether two arguments of one of the landscape's maxima are equal at theta (parameters), as far
/// as rounding can tell: its slope may jump there.
bool is_on_kink(const Landscape& landscape, std::span<const shared::BoundedValue> theta);

}  // namespace convexscan::cpu
