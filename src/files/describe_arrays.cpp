// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "convexscan/describe.hpp"
#include "convexscan/weights.hpp"
#include "distance.hpp"
#include "files/file_bytes.hpp"
#include "files/npz.hpp"
#include "files/printable.hpp"

namespace convexscan {
namespace {

double norm(const std::vector<double>& v) {
  return cblas_dnrm2(static_cast<blasint>(v.size()), v.data(), 1);
}

/// The norm is of the finite values.
std::string line_of(const std::string& name, Array array) {
  const std::size_t count = array.values.size();
  const std::size_t not_finite =
      std::erase_if(array.values, [](double value) { return !std::isfinite(value); });
  return fmt::format("{}: shape {}, {}, {} value{}, norm {:.6g}{}", printable(name),
                     shape_text(array.shape), array.type, count, count == 1 ? "" : "s",
                     norm(array.values),
                     not_finite == 0 ? "" : fmt::format(", {} not finite", not_finite));
}

std::int64_t parameters_in(const std::string& path) {
  const NpzArchive archive(path);
  const std::vector<std::string> keys =
      archive.has("theta") ? std::vector<std::string>{"theta"} : archive.keys();
  std::size_t count = 0;
  for (const std::string& key : keys) count += archive.read(key).values.size();
  return static_cast<std::int64_t>(count);
}

}  // namespace

std::vector<std::string> describe_arrays(const std::string& path) {
  const std::string bytes = read_file(path);
  if (bytes.starts_with("\x93NUMPY")) return {line_of(path, parse_npy(path, bytes))};
  const NpzArchive archive(path, bytes);
  std::vector<std::string> lines;
  std::size_t values = 0;
  for (const std::string& key : archive.keys()) {
    const std::string array_bytes = archive.read_bytes(key);
    if (const auto shape = shape_of_texts(archive.name_of(key), array_bytes)) {
      lines.push_back(fmt::format("  {}: shape {}, texts", printable(key), shape_text(*shape)));
      continue;
    }
    const Array array = parse_npy(archive.name_of(key), array_bytes);
    values += array.values.size();
    lines.push_back("  " + line_of(key, array));
  }
  lines.insert(lines.begin(),
               fmt::format("{}: {} array{} of {} values", path, archive.keys().size(),
                           archive.keys().size() == 1 ? "" : "s", values));
  lines.push_back(fmt::format("SHA-256 {}", sha256(bytes)));
  return lines;
}

std::vector<std::string> describe_checkpoints(const std::string& folder) {
  const std::vector<std::string> names = trajectory_files(folder);
  const std::int64_t parameters = parameters_in(names.front());
  const std::vector<NamedValues> steps = load_trajectory(folder, parameters);
  const std::vector<double>& first = steps.front().second;
  const std::vector<double>& last = steps.back().second;
  double way = 0.0;
  for (std::size_t k = 1; k < steps.size(); ++k) {
    way += distance(steps[k].second, steps[k - 1].second);
  }
  return {fmt::format("{}: {} checkpoints of {} parameters, {} to {}", folder, steps.size(),
                      parameters, steps.front().first, steps.back().first),
          fmt::format("norm of the parameters: {:.6g} at the first, {:.6g} at the last",
                      norm(first), norm(last)),
          fmt::format("from the first to the last: {:.6g} straight, {:.6g} along the checkpoints",
                      distance(last, first), way)};
}

}  // namespace convexscan
