// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/utf8.hpp"

#include <fmt/format.h>

#include <boost/locale/utf.hpp>

namespace convexscan {

std::string utf8(std::string_view text) {
  using Utf8 = boost::locale::utf::utf_traits<char>;
  std::string valid;
  for (auto at = text.begin(); at != text.end();) {
    auto next = at;
    const auto point = Utf8::decode(next, text.end());
    if (boost::locale::utf::is_valid_codepoint(point)) {
      valid.append(at, next);
      at = next;
    } else {
      valid += fmt::format("\\x{:02x}", static_cast<unsigned char>(*at++));
    }
  }
  return valid;
}

}  // namespace convexscan
