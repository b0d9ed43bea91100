// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "convexscan/error.hpp"
#include "files/csv_table.hpp"
#include "files/dataset_files.hpp"
#include "files/file_bytes.hpp"
#include "files/idx.hpp"
#include "files/npz.hpp"

namespace convexscan {
namespace {

/// Doubles hold every whole number up to here.
constexpr double largest_label = 9007199254740992.0;

struct Part {
  std::string name;
  Array array;
};

/// Joins features (N, …) and targets (N,) or (N, outputs).
Dataset join(const Part& x, const Part& y) {
  if (x.array.rank() == 0) {
    throw Error(fmt::format("{}: is a single number; give one row a sample", x.name));
  }
  if (y.array.rank() < 1 || y.array.rank() > 2) {
    throw Error(fmt::format("{}: has shape {}; give (N,) labels or (N, outputs) targets", y.name,
                            shape_text(y.array.shape)));
  }
  Dataset data;
  data.samples = x.array.shape[0];
  if (data.samples != y.array.shape[0]) {
    throw Error(fmt::format("{} has {} samples, but {} has {}; give one target a sample", x.name,
                            data.samples, y.name, y.array.shape[0]));
  }
  if (x.array.values.empty()) {
    throw Error(fmt::format("{}: is empty, with shape {}; give at least one sample and one feature",
                            x.name, shape_text(x.array.shape)));
  }
  if (y.array.values.empty()) {
    throw Error(fmt::format("{}: is empty, with shape {}; give at least one target", y.name,
                            shape_text(y.array.shape)));
  }
  require_finite(x.name, x.array);
  require_finite(y.name, y.array);
  data.features = static_cast<std::int64_t>(x.array.values.size()) / data.samples;
  data.target_width = static_cast<std::int64_t>(y.array.values.size()) / data.samples;
  data.inputs = x.array.values;
  data.targets = y.array.values;
  const bool whole = std::ranges::all_of(data.targets, [](double value) {
    return std::trunc(value) == value && std::abs(value) <= largest_label;
  });
  if (data.target_width == 1 && whole) {
    for (const double value : data.targets) data.labels.push_back(static_cast<std::int64_t>(value));
  }
  return data;
}

Dataset from_npz(const std::string& path, const std::string& bytes) {
  const NpzArchive archive(path, bytes);
  return join({archive.name_of("x"), archive.read("x")}, {archive.name_of("y"), archive.read("y")});
}

Dataset from_csv(const std::string& path, const std::string& bytes) {
  const Array table = parse_csv(path, unpack_gzip(path, bytes));
  const std::int64_t rows = table.shape[0];
  const std::int64_t columns = table.shape[1];
  if (rows == 0) throw Error(fmt::format("{}: holds no rows of numbers; give one a sample", path));
  if (columns < 2) {
    throw Error(fmt::format(
        "{}: has one column; give the features and, as the last column, the target", path));
  }
  Part x{path, {{rows, columns - 1}, {}}};
  Part y{path, {{rows}, {}}};
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto row = table.values.begin() + r * columns;
    x.array.values.insert(x.array.values.end(), row, row + columns - 1);
    y.array.values.push_back(row[columns - 1]);
  }
  return join(x, y);
}

Dataset from_idx_pair(const std::string& images_path, const std::string& labels_path) {
  const std::string images_bytes = read_file(images_path);
  const std::string labels_bytes = read_file(labels_path);
  bool pixels = false;
  bool ignored = false;
  Part x{images_path, parse_idx(images_path, unpack_gzip(images_path, images_bytes), pixels)};
  const Part y{labels_path,
               parse_idx(labels_path, unpack_gzip(labels_path, labels_bytes), ignored)};
  if (x.array.rank() == 1 && y.array.rank() > 1) {
    throw Error(fmt::format("{},{}: the first holds labels and the second images; swap them",
                            images_path, labels_path));
  }
  if (pixels) {
    for (double& value : x.array.values) value /= 255.0;
  }
  Dataset data = join(x, y);
  data.hash = fmt::format("{},{}", sha256(images_bytes), sha256(labels_bytes));
  return data;
}

bool is_csv(const std::string& path) { return path.ends_with(".csv") || path.ends_with(".csv.gz"); }

Dataset from_file(const std::string& path) {
  const std::string bytes = read_file(path);
  Dataset data;
  if (bytes.empty()) throw Error(fmt::format("{}: is empty; give data", path));
  if (is_csv(path)) {
    data = from_csv(path, bytes);
  } else if (looks_like_zip(bytes) || path.ends_with(".npz")) {
    data = from_npz(path, bytes);
  } else if (bytes.starts_with("\x93NUMPY")) {
    throw Error(
        fmt::format("{}: is one array; save features and targets together with "
                    "numpy.savez(\"d.npz\", x=…, y=…)",
                    path));
  } else if (looks_like_idx(unpack_gzip(path, bytes))) {
    throw Error(
        fmt::format("{0}: is one IDX file; give images and labels, as in \"{0},labels\"", path));
  } else {
    throw Error(
        fmt::format("{}: is not a kind of data that is read; give an .npz with x and y, a .csv "
                    "whose last column is the target, or \"images,labels\" in IDX",
                    path));
  }
  data.hash = sha256(bytes);
  return data;
}

/// Where "images,labels" is to be cut: at the comma that leaves two files, else at the only one.
std::size_t dividing_comma(const std::string& text) {
  std::error_code ignored;
  for (std::size_t at = text.find(','); at != std::string::npos; at = text.find(',', at + 1)) {
    if (std::filesystem::exists(text.substr(0, at), ignored) &&
        std::filesystem::exists(text.substr(at + 1), ignored)) {
      return at;
    }
  }
  return text.find(',');
}

}  // namespace

std::vector<std::string> dataset_files(const std::string& text) {
  std::error_code ignored;
  const std::size_t comma =
      std::filesystem::exists(text, ignored) ? std::string::npos : dividing_comma(text);
  if (comma == std::string::npos) return {text};
  return {text.substr(0, comma), text.substr(comma + 1)};
}

Dataset load_dataset(const std::string& text) {
  const std::vector<std::string> files = dataset_files(text);
  if (files.size() == 2 && (files[0].empty() || files[1].empty())) {
    throw UsageError(fmt::format("{}: the {} are missing {} the comma, as in \"images,labels\"",
                                 text, files[0].empty() ? "images" : "labels",
                                 files[0].empty() ? "before" : "after"));
  }
  Dataset data = files.size() == 1 ? from_file(text) : from_idx_pair(files[0], files[1]);
  data.source = text;
  return data;
}

Dataset Dataset::first(std::int64_t count) const {
  if (count < 1) throw UsageError(fmt::format("--samples {}: give at least 1", count));
  if (count > samples) {
    throw UsageError(fmt::format("--samples {}: {} has only {}", count, source, samples));
  }
  Dataset part = *this;
  part.samples = count;
  part.inputs.resize(static_cast<std::size_t>(count * features));
  part.targets.resize(static_cast<std::size_t>(count * target_width));
  if (!labels.empty()) part.labels.resize(static_cast<std::size_t>(count));
  return part;
}

}  // namespace convexscan
