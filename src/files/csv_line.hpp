// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <csv.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convexscan {

/// libcsv, given one line at a time so that messages can name the line.
class CsvLineParser {
 public:
  CsvLineParser();
  ~CsvLineParser();
  CsvLineParser(const CsvLineParser&) = delete;
  CsvLineParser& operator=(const CsvLineParser&) = delete;

  /// The fields, without blanks around them; nothing when a quote is not closed.
  std::optional<std::vector<std::string>> fields(std::string_view line);

 private:
  struct State {
    std::vector<std::string> fields;
    bool whole = false;
  };

  static void take_field(void* text, std::size_t length, void* state);
  static void take_row(int end, void* state);

  csv_parser parser_;
  State state_;
};

/// Takes the first line off the text, without its end (\n, \r or both).
std::string_view take_line(std::string_view& text);

}  // namespace convexscan
