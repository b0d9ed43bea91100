// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>

namespace convexscan::cuda {

/// Into a vector on the host; on the device indices are int64_t.
inline std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace convexscan::cuda
