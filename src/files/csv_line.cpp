// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/csv_line.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace convexscan {

CsvLineParser::CsvLineParser() {
  if (csv_init(&parser_, CSV_APPEND_NULL) != 0) throw std::bad_alloc();
}

CsvLineParser::~CsvLineParser() { csv_free(&parser_); }

std::optional<std::vector<std::string>> CsvLineParser::fields(std::string_view line) {
  state_ = {};
  csv_parse(&parser_, line.data(), line.size(), take_field, take_row, &state_);
  csv_parse(&parser_, "\n", 1, take_field, take_row, &state_);
  if (!state_.whole) return std::nullopt;
  return std::move(state_.fields);
}

void CsvLineParser::take_field(void* text, std::size_t length, void* state) {
  static_cast<State*>(state)->fields.emplace_back(static_cast<const char*>(text), length);
}

void CsvLineParser::take_row(int, void* state) { static_cast<State*>(state)->whole = true; }

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  text.remove_prefix(line.size());
  text.remove_prefix(text.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, text.size()));
  return line;
}

}  // namespace convexscan
