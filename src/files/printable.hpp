// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

#include "files/utf8.hpp"

namespace convexscan {

/// A name that came out of a file, fit for a message of one line: UTF-8, where control characters
/// are '?'.
inline std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    // U+0080 to U+009F, which terminals obey too, are C2 and a byte below A0.
    const bool ends_control = shown.ends_with('\xC2') && byte < 0xA0;
    if (ends_control) shown.pop_back();
    shown += ends_control || byte < 32 || byte == 127 ? '?' : c;
  }
  return shown;
}

}  // namespace convexscan
