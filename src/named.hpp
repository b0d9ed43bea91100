// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace convexscan {

/// The name in choice that text was probably meant to be, if one is near.
std::optional<std::string_view> nearest_name(std::string_view text,
                                             std::span<const std::string_view> choice);

/// "unknown activation "tahn"; did you mean "tanh"?" or, with nothing near, the whole choice.
std::string unknown_name(std::string_view kind, std::string_view text,
                         std::span<const std::string_view> choice);

/// The index of text in choice. Throws UsageError with unknown_name.
std::size_t index_of_name(std::string_view kind, std::string_view text,
                          std::span<const std::string_view> choice);

/// The whole text as a number. Throws UsageError naming what it should be.
double parse_number(std::string_view what, std::string_view text);
std::int64_t parse_whole_number(std::string_view what, std::string_view text);

}  // namespace convexscan
