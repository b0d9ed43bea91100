// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <vector>

namespace convexscan::commands {

/// The program that draws results: $CONVEXSCAN_PLOT, or convexscan-plot beside this program or in
/// $PATH; empty where there is none.
std::filesystem::path plot_program();

/// Draws a picture beside each result with that program, in as many processes as there are
/// processors, up to four. Whether all were drawn; what went wrong is on stderr.
bool draw_pictures(const std::filesystem::path& program,
                   const std::vector<std::filesystem::path>& results, bool overwrite, bool quiet);

}  // namespace convexscan::commands
