// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace convexscan {

/// Names of what a folder holds, in no order. Throws Error where it is missing, no folder or may
/// not be read.
std::vector<std::string> names_in(const std::filesystem::path& folder);

}  // namespace convexscan
