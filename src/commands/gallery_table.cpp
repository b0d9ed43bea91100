// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/gallery_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "convexscan/error.hpp"
#include "files/csv_line.hpp"
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
    "row,statement,verdict,part,claim,answer,measure,number,bound,evidence,file";

/// The number of the row that a table's line is of; nothing where the gallery does not write such.
std::optional<std::int64_t> row_of(CsvLineParser& parser, std::string_view line) {
  static const std::size_t columns = 1 + std::ranges::count(table_header, ',');
  const auto fields = parser.fields(line);
  if (!fields || fields->size() != columns) return std::nullopt;
  for (const GalleryRow& row : gallery()) {
    if (fields->at(0) == fmt::to_string(row.number) && fields->at(1) == row.statement)
      return row.number;
  }
  return std::nullopt;
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

TableLines other_lines(const std::filesystem::path& path,
                       const std::vector<const GalleryRow*>& rows) {
  TableLines lines;
  std::error_code unknown;  // then writing says why
  if (rows.size() == gallery().size() || !std::filesystem::exists(path, unknown)) return lines;
  const std::string table = read_file(path.string());
  std::string_view text = table;
  const auto refuse = [&path](std::string_view what) {
    throw Error(fmt::format("{}: {}; its other rows cannot be kept: move it away or check all rows",
                            path.string(), what));
  };
  if (take_line(text) != table_header) refuse("is no table of this gallery");
  CsvLineParser parser;
  for (std::size_t number = 2; !text.empty(); ++number) {
    const std::string line(take_line(text));
    if (line.empty()) continue;
    const std::optional<std::int64_t> row = row_of(parser, line);
    // A file that an editor leaves without its last line's end is not one that was cut short.
    const bool cut =
        text.empty() && !table.ends_with('\n') &&
        !std::filesystem::exists(path.parent_path() / line.substr(line.rfind(',') + 1));
    if (!row || cut) refuse(fmt::format("line {} is none that the gallery writes", number));
    if (std::ranges::find(rows, *row, &GalleryRow::number) == rows.end()) lines.emplace(*row, line);
  }
  return lines;
}

void write_table(const std::filesystem::path& path, bool overwrite, TableLines lines,
                 const std::vector<Shown>& rows) {
  for (const Shown& shown : rows) {
    for (const Finding& finding : shown.outcome.findings) {
      lines.emplace(
          shown.row->number,
          fmt::format("{},{},{},{},{},{},{},{},{},{},{}", shown.row->number,
                      csv_text(shown.row->statement), convexscan::name(shown.outcome.verdict),
                      name(finding.role), csv_text(finding.claim), name(finding.answer),
                      csv_text(finding.measure), finding.number, finding.bound,
                      csv_text(finding.evidence), finding.file));
    }
  }
  std::string table(table_header);
  for (const auto& [row, line] : lines) table += '\n' + line;
  write_whole_file(path, table + '\n', overwrite);
}

}  // namespace convexscan::commands
