// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/error.hpp"
#include "convexscan/export.hpp"
#include "files/npz.hpp"
#include "files/result_variables.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

using netcdf::Reader;
using Shape = std::vector<std::string>;

/// Over which dimensions a result's table has its rows, the slow one first, and over which the
/// numbers of a row may be an array.
struct Rows {
  std::string slow;
  std::string fast;
  std::string columns;
};

Rows rows_of(std::string_view kind) {
  if (kind == "segments") return {"segment", "t", ""};
  return {"level", "start", "layer"};
}

/// A column of the table: what it holds of row (slow, fast) is at slow·of_slow + fast·of_fast +
/// offset.
struct Column {
  std::string name;
  std::vector<double> data;
  std::size_t of_slow = 0;
  std::size_t of_fast = 0;
  std::size_t offset = 0;
};

bool holds_text(const std::string& name) { return name == "label"; }

std::vector<Column> columns_of(const Reader& file, const Rows& rows) {
  const std::size_t fast = file.length(rows.fast);
  std::vector<Column> columns;
  for (const std::string& name : file.variables()) {
    if (holds_text(name)) continue;
    const Shape shape = file.dimensions(name);
    if (shape == Shape{rows.slow}) columns.push_back({name, file.numbers(name), 1, 0, 0});
    if (shape == Shape{rows.slow, rows.fast}) {
      columns.push_back({name, file.numbers(name), fast, 1, 0});
    }
    if (shape == Shape{rows.slow, rows.fast, rows.columns}) {
      const std::size_t count = file.length(rows.columns);
      for (std::size_t k = 0; k < count; ++k) {
        columns.push_back(
            {fmt::format("{}_{}", name, k + 1), file.numbers(name), fast * count, count, k});
      }
    }
  }
  return columns;
}

/// RFC 4180.
std::string quoted(const std::string& text) {
  std::string quoted(1, '"');
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  quoted += '"';
  return quoted;
}

std::string csv_of(const Reader& file, const Rows& rows) {
  const std::vector<Column> columns = columns_of(file, rows);
  const std::vector<std::string> labels =
      file.has("label") ? file.texts("label") : std::vector<std::string>{};
  // A place along the fast dimension has a coordinate, or else its number.
  const bool placed = file.has(rows.fast);
  const std::vector<double> places = placed ? file.numbers(rows.fast) : std::vector<double>{};
  std::string text = placed ? fmt::format("{},{}", rows.slow, rows.fast) : rows.fast;
  if (!labels.empty()) text += ",label";
  for (const Column& column : columns) text += "," + column.name;
  text += '\n';
  for (std::size_t slow = 0; slow < file.length(rows.slow); ++slow) {
    for (std::size_t fast = 0; fast < file.length(rows.fast); ++fast) {
      text += placed ? fmt::format("{},{}", slow, places[fast]) : std::to_string(fast);
      if (!labels.empty()) text += fmt::format(",{}", quoted(labels[slow]));
      for (const Column& column : columns) {
        fmt::format_to(
            std::back_inserter(text), ",{}",
            column.data.at(slow * column.of_slow + fast * column.of_fast + column.offset));
      }
      text += '\n';
    }
  }
  return text;
}

void write_arrays(const Reader& file, const std::filesystem::path& to, bool overwrite) {
  std::vector<std::vector<double>> held;  // the arrays are views of these
  std::vector<NamedArray> arrays;
  const std::vector<std::string> names = file.variables();
  held.reserve(names.size());
  for (const std::string& name : names) {
    if (holds_text(name)) continue;
    NamedArray array{name, {}, {}};
    for (const std::string& dimension : file.dimensions(name)) {
      array.shape.push_back(static_cast<std::int64_t>(file.length(dimension)));
    }
    array.values = held.emplace_back(file.numbers(name));
    arrays.push_back(std::move(array));
  }
  write_npz(to, overwrite, arrays);
}

}  // namespace

void export_table(const std::filesystem::path& from, const std::filesystem::path& to,
                  bool overwrite) {
  const std::string kind = kind_of_result(from);
  const Reader file(from);
  if (to.extension() == ".csv") {
    write_whole_file(to, csv_of(file, rows_of(kind)), overwrite);
  } else if (to.extension() == ".npz") {
    write_arrays(file, to, overwrite);
  } else {
    throw UsageError(
        fmt::format("{}: a result of {} has no map, as {} holds; give a name that ends in .csv or "
                    ".npz",
                    to.string(), kind, to.extension().string()));
  }
}

}  // namespace convexscan
