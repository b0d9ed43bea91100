// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

#include "files/npy.hpp"

namespace convexscan {

/// Reads comma-separated numbers as an array (rows, columns). A first line without any number is a
/// header; blank lines and lines that start with '#' are passed over.
/// Throws Error with line and column for what is no finite number, and for rows of unequal length.
Array parse_csv(const std::string& name, std::string_view text);

}  // namespace convexscan
