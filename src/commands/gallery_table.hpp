// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/gallery.hpp"

namespace convexscan::commands {

/// A row that was run.
struct Shown {
  const GalleryRow* row;
  GalleryOutcome outcome;
};

/// "yes", "no" or "?"
std::string_view name(Answer answer);

/// Lines of a table, without their ends, by the rows they are of.
using TableLines = std::multimap<std::int64_t, std::string>;

/// What an older table says of rows other than those that are about to be checked; empty where
/// there is none. Throws Error naming the line where it is not one that the gallery wrote.
TableLines other_lines(const std::filesystem::path& path,
                       const std::vector<const GalleryRow*>& rows);

/// The findings as CSV, a line each, among those of other rows. Throws Error as write_whole_file
/// does.
void write_table(const std::filesystem::path& path, bool overwrite, TableLines others,
                 const std::vector<Shown>& rows);

}  // namespace convexscan::commands
