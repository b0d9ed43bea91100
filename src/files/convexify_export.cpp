// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <iterator>

#include "convexscan/error.hpp"
#include "convexscan/export.hpp"
#include "files/npz.hpp"
#include "files/result_variables.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

using netcdf::Reader;
using Shape = std::vector<std::string>;

/// A column of the table: what it holds of start k at level l, at index l·of_level + k·of_start +
/// offset.
struct Column {
  std::string name;
  std::vector<double> data;
  std::size_t of_level = 0;
  std::size_t of_start = 0;
  std::size_t offset = 0;
};

std::vector<Column> columns_of(const Reader& file, std::size_t starts) {
  std::vector<Column> columns;
  for (const std::string& name : file.variables()) {
    const Shape shape = file.dimensions(name);
    if (shape == Shape{"level"}) columns.push_back({name, file.numbers(name), 1, 0, 0});
    if (shape == Shape{"level", "start"}) {
      columns.push_back({name, file.numbers(name), starts, 1, 0});
    }
    if (shape == Shape{"level", "start", "layer"}) {
      const std::size_t layers = file.length("layer");
      for (std::size_t layer = 0; layer < layers; ++layer) {
        columns.push_back({fmt::format("{}_{}", name, layer + 1), file.numbers(name),
                           starts * layers, layers, layer});
      }
    }
  }
  return columns;
}

std::string csv_of(const Reader& file) {
  const std::size_t starts = file.length("start");
  const std::vector<Column> columns = columns_of(file, starts);
  std::string text = "start";
  for (const Column& column : columns) text += "," + column.name;
  text += '\n';
  for (std::size_t level = 0; level < file.length("level"); ++level) {
    for (std::size_t start = 0; start < starts; ++start) {
      text += std::to_string(start);
      for (const Column& column : columns) {
        fmt::format_to(
            std::back_inserter(text), ",{}",
            column.data.at(level * column.of_level + start * column.of_start + column.offset));
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

void export_convexify(const std::filesystem::path& from, const std::filesystem::path& to,
                      bool overwrite) {
  const Reader file(from);
  if (to.extension() == ".csv") {
    write_whole_file(to, csv_of(file), overwrite);
  } else if (to.extension() == ".npz") {
    write_arrays(file, to, overwrite);
  } else {
    throw UsageError(
        fmt::format("{}: a result of convexify has no map; give a name that ends in "
                    ".csv or .npz",
                    to.string()));
  }
}

}  // namespace convexscan
