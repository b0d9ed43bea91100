// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/gallery_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>

#include "files/file_bytes.hpp"
#include "files/whole_file.hpp"

namespace convexscan::commands {
namespace {

std::string_view name(Finding::Role role) {
  switch (role) {
    case Finding::Role::claim:
      return "claim";
    case Finding::Role::counter_example:
      return "counter-example";
    case Finding::Role::remark:
      break;
  }
  return "remark";
}

std::string csv_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

constexpr std::string_view table_header =
    "row,statement,verdict,part,claim,answer,measure,number,bound,evidence,file\n";

/// The lines of an older table by their rows; none of a file that is no such table.
std::multimap<std::int64_t, std::string> lines_of(const std::filesystem::path& path) {
  std::multimap<std::int64_t, std::string> lines;
  if (!std::filesystem::exists(path)) return lines;
  const std::string table = read_file(path.string());
  std::string_view text = table;
  if (!text.starts_with(table_header)) return lines;
  text.remove_prefix(table_header.size());
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    std::int64_t row = 0;
    if (std::from_chars(text.data(), text.data() + size, row).ec == std::errc{}) {
      std::string& line = lines.emplace(row, text.substr(0, size))->second;
      if (!line.ends_with('\n')) line += '\n';  // as an editor may have left the last
    }
    text.remove_prefix(size);
  }
  return lines;
}

}  // namespace

std::string_view name(Answer answer) {
  switch (answer) {
    case Answer::yes:
      return "yes";
    case Answer::no:
      return "no";
    case Answer::undecided:
      break;
  }
  return "?";
}

void write_table(const std::filesystem::path& path, bool overwrite,
                 const std::vector<Shown>& rows) {
  std::multimap<std::int64_t, std::string> lines = lines_of(path);
  for (const Shown& shown : rows) {
    lines.erase(shown.row->number);
    for (const Finding& finding : shown.outcome.findings) {
      lines.emplace(
          shown.row->number,
          fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", shown.row->number,
                      csv_text(shown.row->statement), convexscan::name(shown.outcome.verdict),
                      name(finding.role), csv_text(finding.claim), name(finding.answer),
                      csv_text(finding.measure), finding.number, finding.bound,
                      csv_text(finding.evidence), finding.file));
    }
  }
  std::string table(table_header);
  for (const auto& [row, line] : lines) table += line;
  write_whole_file(path, table, overwrite);
}

}  // namespace convexscan::commands
