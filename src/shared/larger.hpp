// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "shared/host_device.hpp"

namespace convexscan::shared {

/// The larger of two numbers, NaN where either is one: std::max keeps a NaN on its left only, and a
/// bound that is lost makes a false one of what is left.
CONVEXSCAN_HOST_DEVICE double larger(double a, double b) { return b > a || b != b ? b : a; }

}  // namespace convexscan::shared
