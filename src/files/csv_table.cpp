// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/csv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "convexscan/error.hpp"
#include "files/csv_line.hpp"
#include "files/printable.hpp"

namespace convexscan {
namespace {

/// Infinite where it is beyond the range of a double, at either end.
std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  return value;
}

std::string shortened(std::string_view field) {
  std::size_t most = 40;
  if (field.size() <= most) return printable(field);
  while (most > 37 && (field[most] & 0xC0) == 0x80) --most;  // at a character's beginning
  return printable(field.substr(0, most)) + "…";
}

double finite_number(const std::string& name, std::size_t line, std::size_t column,
                     const std::string& field) {
  const std::string place = fmt::format("{}: line {}, column {}", name, line, column);
  if (field.empty()) throw Error(fmt::format("{} is empty; every field needs a number", place));
  const std::optional<double> value = number(field);
  if (!value) {
    const bool other_separator = field.find_first_of(";\t ") != std::string::npos;
    throw Error(fmt::format(
        "{}: \"{}\" is not a number; {}", place, shortened(field),
        other_separator ? "separate columns by commas" : "write classes as whole numbers from 0"));
  }
  if (!std::isfinite(*value) && field.find_first_of("0123456789") != std::string::npos) {
    throw Error(fmt::format("{}: \"{}\" is beyond the range of a double; scale the column", place,
                            shortened(field)));
  }
  if (!std::isfinite(*value)) {
    throw Error(fmt::format("{}: {} is not finite; every value must be", place, field));
  }
  return *value;
}

void check_header(const std::string& name, std::size_t line,
                  const std::vector<std::string>& header) {
  if (header.front().empty()) {
    throw Error(
        fmt::format("{}: line {}: the first column has no name, as pandas writes its row "
                    "numbers; write the file with index=False",
                    name, line));
  }
}

}  // namespace

Array parse_csv(const std::string& name, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  CsvLineParser parser;
  Array array{.shape = {0, 0}, .values = {}};
  std::size_t first_line = 0;
  std::size_t columns = 0;
  bool first_row = true;
  for (std::size_t number_of_line = 1; !text.empty(); ++number_of_line) {
    const std::string_view line = take_line(text);
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos || line[start] == '#') continue;

    const auto fields = parser.fields(line);
    if (!fields) {
      throw Error(
          fmt::format("{}: line {}: a quote is not closed; close it", name, number_of_line));
    }
    const bool header = first_row && std::ranges::none_of(*fields, [](const std::string& field) {
                          return number(field).has_value();
                        });
    if (first_row) {
      columns = fields->size();
      first_line = number_of_line;
    }
    first_row = false;
    if (fields->size() != columns) {
      const bool has_semicolon = line.find(';') != std::string_view::npos;
      throw Error(fmt::format("{}: line {} has {} columns, but line {} has {}; {}", name,
                              number_of_line, fields->size(), first_line, columns,
                              has_semicolon ? "separate columns by commas, and write 0.5, not 0,5"
                                            : "every row needs as many"));
    }
    if (header) {
      check_header(name, number_of_line, *fields);
      continue;
    }
    for (std::size_t c = 0; c < columns; ++c) {
      array.values.push_back(finite_number(name, number_of_line, c + 1, (*fields)[c]));
    }
    ++array.shape[0];
  }
  array.shape[1] = static_cast<std::int64_t>(columns);
  return array;
}

}  // namespace convexscan
