// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/grid_gap.hpp"

namespace convexscan::commands {

/// One line for people.
void print_gap(const GridResult& result, const GapSummary& summary);

}  // namespace convexscan::commands
