// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace convexscan::commands {

/// How --help writes an option: its name with the form of its value, N for a whole number and V for
/// any other where it has none of its own; then what it is for, and its default.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() { column_width(26); }

  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace convexscan::commands
