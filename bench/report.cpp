// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "commit.hpp"
#include "cpu/cpu_backend.hpp"

namespace convexscan::bench {
namespace {

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", 1e6 * seconds);
  if (seconds < 1.0) return fmt::format("{:.2f} ms", 1e3 * seconds);
  return fmt::format("{:.2f} s", seconds);
}

std::string items_text(const Workload& workload, const Benchmark& benchmark) {
  const double side = std::round(std::sqrt(benchmark.items));
  const bool square = workload.kind == Kind::grid || workload.kind == Kind::envelope;
  if (square && side * side == benchmark.items && side > 1.0) {
    return fmt::format("{}^2", side);
  }
  return fmt::format("{}", benchmark.items);
}

Json record_of(const Times& times) {
  return {{"median", times.median()},
          {"low", times.low()},
          {"high", times.high()},
          {"noise", times.noise()},
          {"runs", times.seconds}};
}

}  // namespace

std::string program_version() {
  return fmt::format("convexscan-bench {}, commit {}", CONVEXSCAN_VERSION, commit);
}

std::string heading() {
  return fmt::format("{:<46} {:>7} {:>10} {:>6} {:>10} {:>7}", "benchmark", "items", "time",
                     "noise", "per item", "share");
}

std::string line_of(const Workload& workload, const Ran& ran) {
  const Outcome& outcome = ran.outcome;
  const auto text = [&](const std::string& what) {
    return fmt::format("{:<46} {}", workload.name, what);
  };
  if (outcome.status == Outcome::Status::wrong) return text("WRONG: " + outcome.reason);
  if (outcome.status == Outcome::Status::unavailable) {
    return text("not available: " + outcome.reason);
  }
  if (outcome.times.hot.seconds.empty()) return text("right: " + outcome.checked);
  const double time = outcome.times.hot.median();
  const Floor& floor = outcome.floor;
  const std::string share =
      floor.ceiling.empty()
          ? ""
          : fmt::format("{:>6.1f}% of {}", 100.0 * floor.seconds / time, floor.ceiling);
  return text(fmt::format("{:>7} {:>10} {:>5.1f}% {:>10} {}", items_text(workload, ran.benchmark),
                          seconds_text(time), 100.0 * outcome.times.hot.noise(),
                          seconds_text(time / ran.benchmark.items), share));
}

Json record_of(const Workload& workload, const Ran& ran) {
  const Outcome& outcome = ran.outcome;
  Json record{{"name", workload.name}, {"workload", workload.row}};
  if (outcome.status != Outcome::Status::done) {
    record["status"] = outcome.status == Outcome::Status::wrong ? "wrong" : "not available";
    record["reason"] = outcome.reason;
    return record;
  }
  record["status"] = "done";
  record["what"] = ran.benchmark.what;
  record["items"] = ran.benchmark.items;
  record["item"] = ran.benchmark.item;
  record["checked"] = outcome.checked;
  record["peak_bytes"] = outcome.peak_bytes;
  record.update(ran.benchmark.facts());
  if (outcome.times.hot.seconds.empty()) return record;
  record["seconds"] = record_of(outcome.times.hot);
  if (!outcome.times.cold.seconds.empty()) record["cold_seconds"] = record_of(outcome.times.cold);
  record["ready_seconds"] = outcome.ready_seconds;
  record["first_seconds"] = outcome.first_seconds;
  record["flop"] = ran.benchmark.work.flop;
  record["activations"] = ran.benchmark.work.activations;
  record["bytes"] = ran.benchmark.work.bytes;
  if (outcome.floor.ceiling.empty()) return record;
  record["ceiling"] = outcome.floor.ceiling;
  record["ceiling_seconds"] = outcome.floor.seconds;
  record["ceiling_share"] = outcome.floor.seconds / outcome.times.hot.median();
  return record;
}

Json provenance(const DeviceProbe& probe) {
  Json versions = Json::object();
  for (const auto& [library, version] : probe.versions()) versions[library] = version;
  versions["compiler"] = __VERSION__;
  Json record{{"version", CONVEXSCAN_VERSION},
              {"commit", commit},
              {"device", probe.device()},
              {"processor", cpu::device_description()},
              {"versions", versions}};
  if (std::ifstream driver("/proc/driver/nvidia/version"); driver) {
    std::string line;
    std::getline(driver, line);
    record["driver"] = line;
  }
  return record;
}

Json provenance(const DeviceProbe& probe, const std::string& command_line) {
  Json record{{"command", command_line},
              {"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}};
  record.update(provenance(probe));
  // Whether the machine was idle, in the minute before.
  if (double load = 0.0; getloadavg(&load, 1) == 1) record["load"] = load;
  return record;
}

Json record_of(const Ceilings& ceilings) {
  Json record = Json::object();
  for (const auto& [name, rate] : ceilings.measured()) {
    record[name] = {{"unit", rate.unit + "/s"},
                    {"median", rate.median},
                    {"low", rate.low},
                    {"high", rate.high}};
  }
  return record;
}

}  // namespace convexscan::bench
