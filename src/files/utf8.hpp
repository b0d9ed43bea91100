// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

namespace convexscan {

/// The text with every byte that is not UTF-8, as names of files and in files may have, written
/// \xNN: terminals, netCDF and its readers take nothing else.
std::string utf8(std::string_view text);

}  // namespace convexscan
