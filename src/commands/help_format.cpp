// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/help_format.hpp"

#include <fmt/format.h>

namespace convexscan::commands {
namespace {

/// The parser's names of types, which come with those of checks, as in INT:POSITIVE.
std::string form_of(const std::string& type) {
  if (type.starts_with("INT") || type.starts_with("UINT")) return "N";
  return type.starts_with("FLOAT") ? "V" : type;
}

}  // namespace

std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return "";
  const bool several = option->get_expected_max() == CLI::detail::expected_max_vector_size &&
                       option->get_allow_extra_args();
  return fmt::format(" {}{}", form_of(option->get_type_name()), several ? " ..." : "");
}

std::string HelpFormat::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  if (option->get_required()) text += " (required)";
  const std::string value = option->get_type_size() == 0 ? "" : option->get_default_str();
  return value.empty() ? text : fmt::format("{} (default: {})", text, value);
}

}  // namespace convexscan::commands
