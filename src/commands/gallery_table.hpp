// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
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

/// The findings as CSV, a line each. Rows that an older table holds and that were not run again
/// stay. Throws Error as write_whole_file does.
void write_table(const std::filesystem::path& path, bool overwrite, const std::vector<Shown>& rows);

}  // namespace convexscan::commands
