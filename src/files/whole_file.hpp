// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <string_view>

namespace convexscan {

/// Writes beside the path and gives the file its name when it is whole. Formats are encoded in
/// memory and written here, because HDF5 and libzip do not recover from a full disk and this does.
/// Throws Error as PendingFile does, and when the disk is full; then nothing was changed.
void write_whole_file(const std::filesystem::path& path, std::string_view bytes, bool overwrite);

}  // namespace convexscan
