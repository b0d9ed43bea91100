// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands/objective_options.hpp"
#include "convexscan/segments.hpp"

namespace convexscan::commands {

/// The options that say which segments are scanned.
struct SegmentOptions {
  std::vector<std::string> ends;
  std::string from;
  std::string to;
  bool align = false;
  std::string aligned;  ///< where the aligned weights go
  std::string twin;
  std::string region;
  std::string through;
  std::int64_t count = 1000;
  CLI::Option* count_option = nullptr;  ///< tells whether count was given

  void add_to(CLI::App& command);
};

/// What is scanned, and in which words.
struct ChosenSegments {
  SegmentSource source;
  std::int64_t count = 1;
  bool random = false;  ///< a sample of many, so that it allows conclusions about these
  std::string description;
  std::vector<std::string> labels;  ///< of each, or empty
  std::vector<double> aligned;      ///< (parameters), the aligned weights, or empty
};

/// Throws UsageError where the options name no segments, or several kinds.
void check(SegmentOptions& options);

/// Reads the files that the options name. Throws Error.
ChosenSegments choose_segments(const SegmentOptions& options, const Problem& problem,
                               std::uint64_t seed, bool quiet);

}  // namespace convexscan::commands
