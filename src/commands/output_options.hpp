// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands/objective_options.hpp"
#include "convexscan/result_file.hpp"

namespace convexscan::commands {

/// Where the result goes.
struct OutputOptions {
  std::string file;
  bool overwrite = false;
  bool quiet = false;
  std::string ending;  ///< of the default file; any other is refused
  std::string option = "--output";

  /// file holds the default.
  void add_to(CLI::App& command, const std::string& help);
};

/// Finds out before the work that the output cannot be written, or would replace one of the files
/// that are read. Throws UsageError for another ending, else Error.
void require_writable(const OutputOptions& options, const std::vector<std::string>& inputs = {});

/// Whether both paths lead to one file that exists.
bool same_file(const std::string& a, const std::string& b);

/// Throws UsageError where the file that an option names is one of those that are read.
void refuse_inputs(const std::string& option, const std::string& file,
                   const std::vector<std::string>& inputs);

/// Notices of the input files on stderr, unless quiet.
void print_notices(const Problem& problem, const OutputOptions& options);

/// The words of this run's command line, for the result file; main sets it.
std::string& command_line();

/// What is known of a result before it is computed.
Provenance provenance(const Problem& problem, const DeviceOptions& device, std::uint64_t seed);

}  // namespace convexscan::commands
