// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

namespace convexscan::bench {

/// The most memory that this program holds from now on (Linux: VmHWM, reset through
/// /proc/self/clear_refs; where that is not allowed, since it started).
class PeakMemory {
 public:
  PeakMemory();
  double bytes() const;
};

}  // namespace convexscan::bench
