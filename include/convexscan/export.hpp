// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <filesystem>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// Writes a result of grid in another format, chosen by the extension:
///   .npz  one array (y, x) per map, with x, y, origin, direction and the markers
///   .csv  one row per point: x, y, then every map
///   .vtk  a rectilinear grid with one scalar per map, for ParaView
///   .h5   what the plot scripts of tomgoldstein/loss-landscape read
/// min_eigenvector, of many numbers a point, is no map: only .npz has it, (y, x, parameter).
/// Throws UsageError for another extension, Error as write_result does, and Interrupted, with
/// nothing written, when stop was asked for before all was encoded.
void export_result(const GridResult& result, const std::filesystem::path& path, bool overwrite,
                   const std::atomic<bool>* stop = nullptr);

/// Writes a result of segments or of convexify, which have no map for .vtk and .h5: as .csv, one
/// row per segment and t, or per level and start, with every number of it; or as .npz, one array
/// per variable of numbers. Throws as export_result does.
void export_table(const std::filesystem::path& from, const std::filesystem::path& to,
                  bool overwrite);

/// Throws as export_result would because of the path alone: before a large result is read.
void require_exportable(const std::filesystem::path& path, bool overwrite);

}  // namespace convexscan
