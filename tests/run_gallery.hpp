// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <string_view>

#include "convexscan/error.hpp"
#include "convexscan/gallery.hpp"
#include "temporary_folder.hpp"

namespace convexscan {

/// Small experiments on the CPU.
inline GallerySettings settings_in(const TemporaryFolder& folder) {
  GallerySettings settings;
  settings.backend = [](const Objective& objective) {
    return make_backend("cpu", objective, Precision::float64);
  };
  settings.folder = folder / "gallery";
  settings.segments = 200;
  settings.points = 21;
  return settings;
}

inline const GalleryRow& row(int number) {
  return *std::ranges::find(gallery(), number, &GalleryRow::number);
}

/// The finding whose witness and claim these are; claims that begin alike are told apart by the
/// file.
inline const Finding& finding(const GalleryOutcome& outcome, std::string_view file,
                              std::string_view measure) {
  for (const Finding& candidate : outcome.findings) {
    if (candidate.file == file && candidate.measure == measure) return candidate;
  }
  throw Error("no such finding");
}

}  // namespace convexscan
