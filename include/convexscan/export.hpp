// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// Writes a result in another format, chosen by the extension:
///   .npz  one array (y, x) per map, with x, y, origin, direction and the markers
///   .csv  one row per point: x, y, then every map
///   .vtk  a rectilinear grid with one scalar per map, for ParaView
///   .h5   what the plot scripts of tomgoldstein/loss-landscape read
/// Throws UsageError for another extension, and Error as write_result does.
void export_result(const GridResult& result, const std::filesystem::path& path, bool overwrite);

}  // namespace convexscan
