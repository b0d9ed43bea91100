// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <vector>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// What a result holds, line by line, for `convexscan info`: where it comes from, the grid, the
/// range of every map with its count of values that are not finite, and how many points have which
/// verdict.
std::vector<std::string> describe(const GridResult& result);

}  // namespace convexscan
