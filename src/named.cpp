// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "named.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>
#include <utility>
#include <vector>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

/// Levenshtein distance: the fewest insertions, deletions and replacements from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// The error of reading the whole text; result_out_of_range where it is a number that is too large
/// or, of a double, too small.
template <class Number>
std::errc read_whole_text(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return end == text.data() + text.size() ? error : std::errc::invalid_argument;
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view text,
                                             std::span<const std::string_view> choice) {
  const auto nearest = std::ranges::min_element(
      choice, {}, [&](std::string_view name) { return edit_distance(text, name); });
  if (nearest != choice.end() &&
      edit_distance(text, *nearest) <= std::max<std::size_t>(2, nearest->size() / 3)) {
    return *nearest;
  }
  return std::nullopt;
}

std::string unknown_name(std::string_view kind, std::string_view text,
                         std::span<const std::string_view> choice) {
  if (const auto near = nearest_name(text, choice)) {
    return fmt::format("unknown {} \"{}\"; did you mean \"{}\"?", kind, text, *near);
  }
  return fmt::format("unknown {} \"{}\"; choose one of {}", kind, text, fmt::join(choice, ", "));
}

std::size_t index_of_name(std::string_view kind, std::string_view text,
                          std::span<const std::string_view> choice) {
  const auto found = std::ranges::find(choice, text);
  if (found == choice.end()) throw UsageError(unknown_name(kind, text, choice));
  return static_cast<std::size_t>(found - choice.begin());
}

double parse_number(std::string_view what, std::string_view text) {
  double value = 0.0;
  const std::errc error = read_whole_text(text, value);
  if (error == std::errc::result_out_of_range) {
    throw UsageError(fmt::format("{}: \"{}\" is beyond the range of a double", what, text));
  }
  if (error != std::errc{} || !std::isfinite(value)) {
    throw UsageError(fmt::format("{}: \"{}\" is not a number", what, text));
  }
  return value;
}

std::int64_t parse_whole_number(std::string_view what, std::string_view text) {
  std::int64_t value = 0;
  const std::errc error = read_whole_text(text, value);
  if (error == std::errc::result_out_of_range) {
    throw UsageError(fmt::format("{}: \"{}\" is too large a number", what, text));
  }
  if (error != std::errc{}) {
    throw UsageError(fmt::format("{}: \"{}\" is not a whole number", what, text));
  }
  return value;
}

}  // namespace convexscan
