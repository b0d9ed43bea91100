// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <fmt/format.h>

#include <utility>

#include "convexscan/error.hpp"
#include "files/printable.hpp"

namespace convexscan {

/// An error with names that came out of a file. What they hold is made printable before it is an
/// exception's text, which ends at the first zero byte.
template <class... Values>
Error file_error(fmt::format_string<Values...> text, Values&&... values) {
  return Error(printable(fmt::format(text, std::forward<Values>(values)...)));
}

}  // namespace convexscan
