// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace convexscan {

/// How often this program has taken memory by `new`, as every container does.
std::int64_t allocations();

}  // namespace convexscan
