// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>

#include "cpu/network_slice.hpp"
#include "shared/quadratic_loss.hpp"

namespace convexscan::cpu {

/// Nothing where the loss is not of that kind, or there is no axis.
template <class Real>
std::optional<shared::QuadraticLoss> quadratic_loss(const NetworkSlice<Real>& slice);

}  // namespace convexscan::cpu
