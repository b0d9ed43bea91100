// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/convexify.hpp"

namespace convexscan::commands {

/// The limit that was found, what proves it, and what minimising leaves at every level.
void print_summary(const ConvexifyResult& result);

}  // namespace convexscan::commands
