// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan::commands {

/// The points, by their numbers, where one of the values' components is not finite.
std::vector<std::int64_t> missing_points(const Values& values);

/// The first few of some points and how many more there are: "(0, 1), (0.5, 1) and 7 more".
std::string first_few(const std::vector<std::int64_t>& points,
                      const std::function<std::string(std::int64_t)>& name);

}  // namespace convexscan::commands
