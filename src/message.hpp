// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "files/printable.hpp"

namespace convexscan {

/// One line on stderr, where control characters, as in the name of a file, are '?'. A stderr that
/// cannot be written is ignored: there is no place left to say so.
inline void print_message(std::string_view who, std::string_view what) {
  const std::string line = printable(who) + ": " + printable(what) + '\n';
  static_cast<void>(std::fputs(line.c_str(), stderr));
}

inline void print_note(std::string_view what) { print_message("note", what); }

/// One line on stdout, whatever the names in it hold.
template <class... Values>
void print_line(fmt::format_string<Values...> text, Values&&... values) {
  const std::string line = printable(fmt::format(text, std::forward<Values>(values)...)) + '\n';
  static_cast<void>(std::fputs(line.c_str(), stdout));  // stdout_is_written tells
}

/// Whether all that was printed came to stdout: a full disk behind it is a failure.
inline bool stdout_is_written() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

}  // namespace convexscan
