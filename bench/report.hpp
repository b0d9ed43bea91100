// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include "benchmark.hpp"

namespace convexscan::bench {

/// "convexscan-bench 0.1.0, commit 1a2b3c4".
std::string program_version();

/// Lines for people: a heading, and one line for each benchmark.
std::string heading();
std::string line_of(const Workload& workload, const Ran& ran);

/// The same for programs, with every single time.
Json record_of(const Workload& workload, const Ran& ran);

/// On what device, with which versions of this program and of what it stands on.
Json provenance(const DeviceProbe& probe);

/// The same, and when, how and beside how many other processes this was measured.
Json provenance(const DeviceProbe& probe, const std::string& command_line);

Json record_of(const Ceilings& ceilings);

}  // namespace convexscan::bench
