// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <regex>

#include "benchmark.hpp"
#include "convexscan/error.hpp"
#include "files/pending_file.hpp"
#include "files/whole_file.hpp"
#include "message.hpp"
#include "named.hpp"
#include "pace.hpp"
#include "report.hpp"

namespace {

using namespace convexscan;
using namespace convexscan::bench;

struct Options {
  std::string filter;
  std::string device = "auto";
  std::string json;
  std::string pace;
  double budget = 3.0;
  double noise = 1.0;
  double time_limit = 0.0;
  bool list = false;
  bool quick = false;
  bool overwrite = false;
};

/// CLI11's own check of a range lets nan through.
std::string not_negative(const std::string& text) {
  try {
    if (parse_number("", text) >= 0.0) return "";
  } catch (const UsageError&) {  // said below
  }
  return fmt::format("\"{}\" is not a number of at least 0", text);
}

void add_options(CLI::App& app, Options& options) {
  app.set_version_flag("--version", program_version());
  app.add_flag("--list", options.list, "name the benchmarks and stop");
  app.add_option("--filter", options.filter,
                 "only benchmarks whose name matches this regular expression; by default those "
                 "sized for the device: -cpu, or all others on a GPU");
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:K")->capture_default_str();
  app.add_flag("--quick", options.quick,
               "run each once on a tiny size and check its answers; no times");
  app.add_option("--budget", options.budget, "seconds of timing for each benchmark")
      ->capture_default_str()
      ->check(not_negative);
  app.add_option("--noise", options.noise,
                 "percent: repeat, at least 5 times, until times spread by no more")
      ->capture_default_str()
      ->check(not_negative);
  app.add_option("--time-limit", options.time_limit,
                 "seconds after which no further benchmark is begun; 0 for none")
      ->capture_default_str()
      ->check(not_negative);
  app.add_option("--json", options.json, "file for every number, written after each benchmark");
  app.add_flag("--overwrite", options.overwrite, "replace that file");
  app.add_option("--pace", options.pace,
                 "write the inputs and answers of the one benchmark chosen to this folder, then "
                 "time one run for each line on stdin: what bench/peers/run uses");
  app.footer(
      "Each benchmark is run once, its answers are checked by independent means, and only then is "
      "it timed.\n\"share\" is the least time that the device's ceiling, measured in the same run, "
      "allows for the work,\nover the time it took. Work is stated in bench/work.hpp, workloads in "
      "bench/workloads.json.");
}

std::vector<Workload> chosen_workloads(const Options& options, bool on_cpu) {
  std::vector<Workload> all = workloads(built_in_table());
  if (options.quick) all = quick(all);
  try {
    const std::regex filter(options.filter);
    std::erase_if(all, [&](const Workload& workload) {
      if (options.filter.empty()) return workload.for_cpu() != on_cpu;
      return !std::regex_search(workload.name, filter);
    });
  } catch (const std::regex_error&) {
    throw UsageError(fmt::format("--filter {}: this is no regular expression", options.filter));
  }
  if (all.empty()) {
    throw UsageError(
        fmt::format("--filter {}: no benchmark has such a name; see --list", options.filter));
  }
  return all;
}

/// The file of --json: whole after every benchmark, so that a run cut short loses nothing.
class JsonFile {
 public:
  JsonFile(std::string path, bool overwrite) : path_(std::move(path)) {
    if (path_.empty()) return;
    if (std::filesystem::path(path_).extension() != ".json") {
      throw UsageError(fmt::format("--json {}: give a name that ends in .json", path_));
    }
    const PendingFile early(path_, overwrite);
  }

  void write(const Json& record) const {
    if (path_.empty()) return;
    write_whole_file(path_, record.dump(1) + "\n", true);
  }

 private:
  std::string path_;
};

int run_all(const Options& options, const std::string& command_line) {
  const std::unique_ptr<DeviceProbe> probe = make_device_probe(options.device);
  const std::vector<Workload> chosen =
      chosen_workloads(options, probe->device().starts_with("cpu"));
  if (options.list) {
    for (const Workload& workload : chosen) fmt::print("{}\n", workload.name);
    return 0;
  }
  const BackendMaker maker = [&](const Objective& objective, Precision precision) {
    return make_backend(options.device, objective, precision);
  };
  if (!options.pace.empty()) {
    if (chosen.size() != 1) {
      throw UsageError(
          fmt::format("--pace is for one benchmark; --filter chooses {}", chosen.size()));
    }
    pace(chosen.front(), maker, *probe, options.pace);
    return 0;
  }
  const JsonFile file(options.json, options.overwrite);
  Ceilings ceilings(*probe);
  const Effort effort{.noise = options.noise / 100.0, .budget = options.budget};
  Json record = provenance(*probe, command_line);
  record["benchmarks"] = Json::array();
  fmt::print("{}, commit {}\n{}\n", probe->device(), record["commit"].get<std::string>(),
             options.quick ? "each run once on a tiny size, its answers checked:" : heading());
  int wrong = 0;
  double spent = 0.0;
  for (const Workload& workload : chosen) {
    if (options.time_limit > 0.0 && spent > options.time_limit) {
      record["benchmarks"].push_back({{"name", workload.name}, {"status", "not measured"}});
      continue;
    }
    spent += seconds_of([&] {
      const Ran ran = run(workload, maker, *probe, options.quick ? nullptr : &ceilings, effort);
      if (ran.outcome.status == Outcome::Status::wrong) ++wrong;
      fmt::print("{}\n", line_of(workload, ran));
      std::fflush(stdout);
      record["benchmarks"].push_back(record_of(workload, ran));
    });
    record["ceilings"] = record_of(ceilings);
    file.write(record);
  }
  file.write(record);
  for (const auto& [name, rate] : ceilings.measured()) {
    fmt::print("ceiling: {:<20} {:.4g} G{}/s ({:.4g} to {:.4g})\n", name, rate.median / 1e9,
               rate.unit, rate.low / 1e9, rate.high / 1e9);
  }
  if (wrong > 0) throw Error(fmt::format("{} benchmark(s) gave wrong answers", wrong));
  return 0;
}

int complain(const std::string& what, int code) {
  print_message("convexscan-bench", what);
  return code;
}

int finished(int code) {
  return stdout_is_written() ? code : complain("stdout cannot be written", 1);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a full disk, not the end
  CLI::App app("How fast convexscan is on this machine, and how much of it that uses.",
               "convexscan-bench");
  app.get_formatter()->column_width(26);
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return finished(app.exit(success));
  } catch (const CLI::ParseError& error) {
    return complain(fmt::format("{}; see convexscan-bench --help", error.what()), 2);
  }
  std::string command_line = "convexscan-bench";
  for (int i = 1; i < argc; ++i) command_line += fmt::format(" {}", argv[i]);
  try {
    return finished(run_all(options, command_line));
  } catch (const UsageError& error) {
    return complain(error.what(), 2);
  } catch (const std::exception& error) {
    return complain(error.what(), 1);
  }
}
