// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "files/encodings.hpp"
#include "files/pending_file.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

struct Format {
  std::string_view extension;
  std::string (*encode)(const GridResult&);
};

constexpr std::array formats{Format{".npz", npz_of}, Format{".csv", csv_of}, Format{".vtk", vtk_of},
                             Format{".h5", loss_landscape_of}};

const Format& format_of(const std::filesystem::path& path) {
  const auto found = std::ranges::find(formats, path.extension().string(), &Format::extension);
  if (found != formats.end()) return *found;
  throw UsageError(fmt::format("{}: give the output a name that ends in .npz, .csv, .vtk or .h5",
                               path.string()));
}

}  // namespace

void require_exportable(const std::filesystem::path& path, bool overwrite) {
  format_of(path);
  const PendingFile writable(path, overwrite);
}

void export_result(const GridResult& result, const std::filesystem::path& path, bool overwrite,
                   const std::atomic<bool>* stop) {
  const Format& format = format_of(path);
  const auto stop_here = [&] {
    if (stop != nullptr && stop->load()) throw Interrupted();
  };
  stop_here();
  const std::string bytes = format.encode(result);
  stop_here();
  write_whole_file(path, bytes, overwrite);
}

}  // namespace convexscan
