// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/export.hpp"

#include <fmt/format.h>

#include <array>

#include "convexscan/error.hpp"
#include "files/encodings.hpp"
#include "files/whole_file.hpp"

namespace convexscan {
namespace {

struct Format {
  std::string_view extension;
  std::string (*encode)(const GridResult&);
};

constexpr std::array formats{Format{".npz", npz_of}, Format{".csv", csv_of}, Format{".vtk", vtk_of},
                             Format{".h5", loss_landscape_of}};

}  // namespace

void export_result(const GridResult& result, const std::filesystem::path& path, bool overwrite) {
  const std::string extension = path.extension().string();
  for (const Format& format : formats) {
    if (format.extension != extension) continue;
    return write_whole_file(path, format.encode(result), overwrite);
  }
  throw UsageError(fmt::format("{}: give the output a name that ends in .npz, .csv, .vtk or .h5",
                               path.string()));
}

}  // namespace convexscan
