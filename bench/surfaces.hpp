// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace convexscan::bench {

/// Heights (side, side) of a kind of surface on [−1, 1]²: convex ones with round and with long thin
/// facets, flat and steep ones, noise and holes. Throws UsageError for a name there is not.
std::vector<double> surface(const std::string& name, std::int64_t side);

}  // namespace convexscan::bench
