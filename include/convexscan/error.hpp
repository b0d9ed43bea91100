// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <stdexcept>

namespace convexscan {

/// Something the user can put right; what() is one line that says what, where and what to do.
/// Ends the program with exit code 1.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A request that makes no sense as it was put: exit code 2.
struct UsageError : Error {
  using Error::Error;
};

}  // namespace convexscan
