// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/output_options.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "convexscan/error.hpp"
#include "files/pending_file.hpp"
#include "message.hpp"

namespace convexscan::commands {

void OutputOptions::add_to(CLI::App& command, const std::string& help) {
  ending = std::filesystem::path(file).extension();
  command.add_option("--output", file, help)
      ->group("Output")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_flag("--overwrite", overwrite, "replace the file if it exists")->group("Output");
  command.add_flag("--quiet", quiet, "no progress, notices or summary")->group("Output");
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code missing;
  return std::filesystem::equivalent(a, b, missing);
}

void refuse_inputs(const std::string& option, const std::string& file,
                   const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (same_file(input, file)) {
      throw UsageError(
          fmt::format("{} {}: is read as {} too; give another name", option, file, input));
    }
  }
}

void require_writable(const OutputOptions& options, const std::vector<std::string>& inputs) {
  if (std::filesystem::path(options.file).extension() != options.ending) {
    throw UsageError(fmt::format(
        "{} {}: this command writes {}{}", options.option, options.file, options.ending,
        options.ending == ".nc" ? "; convexscan-plot draws pictures of it, and convexscan export "
                                  "writes other formats"
                                : " files; give a name that ends so"));
  }
  refuse_inputs(options.option, options.file, inputs);
  const PendingFile writable(options.file, options.overwrite);
}

void print_notices(const Problem& problem, const OutputOptions& options) {
  if (options.quiet) return;
  for (const std::string& notice : problem.notices) print_note(notice);
}

std::string& command_line() {
  static std::string text;
  return text;
}

Provenance provenance(const Problem& problem, const DeviceOptions& device, std::uint64_t seed) {
  Provenance result;
  result.command_line = command_line();
  result.created = fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  result.version = CONVEXSCAN_VERSION;
  result.precision = device.precision;
  result.model = problem.model_source;
  result.model_hash = problem.model_hash;
  const NetworkTask* network = problem.objective.network();
  if (network != nullptr) result.data_hash = network->data_hash;
  result.objective = problem.objective.description();
  std::vector<std::string> terms;
  for (const PenaltyTerm& term : problem.objective.penalty.terms)
    terms.push_back(description(term));
  result.penalty = fmt::format("{}", fmt::join(terms, " + "));
  result.parameters_subset = problem.objective.subset_name;
  result.seed = seed;
  return result;
}

}  // namespace convexscan::commands
