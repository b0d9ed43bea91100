// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <vector>

namespace convexscan {

/// The one or two files that load_dataset reads for this text.
std::vector<std::string> dataset_files(const std::string& text);

}  // namespace convexscan
