// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

namespace convexscan::commands {

/// Throws UsageError where so many numbers of 8 bytes, which what asks for, are more than the
/// machine's memory: before anything is computed, not after.
void require_memory(std::string_view what, double numbers);

}  // namespace convexscan::commands
