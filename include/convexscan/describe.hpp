// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "convexscan/result_file.hpp"

namespace convexscan {

/// What a result holds, line by line, for `convexscan info`: where it comes from, the grid, the
/// range of every map with its count of values that are not finite, and how many points have which
/// verdict.
std::vector<std::string> describe(const GridResult& result);
std::vector<std::string> describe(const SegmentResult& result);

/// What a result of convexify holds: its limit with the witness's curvature, and of each level what
/// the command's table says. Throws Error when it cannot be read.
std::vector<std::string> describe_convexify(const std::filesystem::path& path);

/// What an .npz or .npy file holds: for each array its name, shape, type, count, Euclidean norm and
/// how many values are not finite. Throws Error when it cannot be read.
std::vector<std::string> describe_arrays(const std::string& path);

/// What a folder of checkpoints holds: how many and of how many parameters, and how far they lie
/// apart. Throws Error when there are fewer than two, or they do not belong together.
std::vector<std::string> describe_checkpoints(const std::string& folder);

}  // namespace convexscan
