// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>

#include "benchmark.hpp"

namespace convexscan::bench {

/// Our side of a race that bench/peers/run referees: every contender is a program that gets ready,
/// writes its answers, and then runs once for each line it is sent, so that all are warm and none
/// runs while another is timed.
///
/// Writes workload.json, problem.npz and answers.npz to the folder; prints {"ready": …} when the
/// answers are checked, and {"seconds": …} for each line on stdin until its end. Throws Error when
/// the answers are wrong.
void pace(const Workload& workload, const BackendMaker& make_backend, DeviceProbe& probe,
          const std::filesystem::path& folder);

}  // namespace convexscan::bench
