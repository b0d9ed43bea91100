// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/folder.hpp"

#include <fmt/format.h>

#include "convexscan/error.hpp"

namespace convexscan {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::error_code failed;
  const fs::file_type type = fs::status(folder, failed).type();
  if (type == fs::file_type::not_found) {
    throw Error(fmt::format("{}: no such folder; check the path", folder.string()));
  }
  if (type != fs::file_type::none && type != fs::file_type::directory) {
    throw Error(fmt::format("{}: is not a folder; give one", folder.string()));
  }
  // A loop over the entries would throw the library's own words.
  failed.clear();
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    names.push_back(entry->path().filename().string());
  }
  if (failed) {
    throw Error(fmt::format("{}: cannot be listed ({}); check its permissions", folder.string(),
                            failed.message()));
  }
  return names;
}

}  // namespace convexscan
