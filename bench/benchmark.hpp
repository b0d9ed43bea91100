// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "ceilings.hpp"
#include "convexscan/backend.hpp"
#include "measure.hpp"
#include "workload.hpp"

namespace convexscan::bench {

/// A workload made ready to run: its data lie on the device.
struct Benchmark {
  Work work;
  Activation activation = Activation::identity;
  Precision precision = Precision::float64;
  std::string what;                    ///< "2-16-16-1 tanh, N = 512, P = 337"
  double items = 1.0;                  ///< points or matrices of one run
  std::string item;                    ///< their name
  std::function<void()> run;           ///< returns when the answers are in the host's memory
  std::function<std::string()> check;  ///< of the last run's answers; throws Error
  std::function<Json()> facts;         ///< what else the answers say: how verdicts were settled
  /// Writes the last run's answers to a folder, as float64 arrays of answers.npz.
  std::function<void(const std::filesystem::path&)> save;
};

/// Gives the backend that is measured; the objective outlives it.
using BackendMaker =
    std::function<std::unique_ptr<Backend>(const Objective& objective, Precision precision)>;

/// Throws UsageError or Error for what this device cannot do, with the reason.
Benchmark prepare(const Workload& workload, const BackendMaker& make_backend, DeviceProbe& probe);

/// How a benchmark went.
struct Outcome {
  enum class Status { done, unavailable, wrong } status = Status::done;
  std::string reason;  ///< why not done
  std::string checked;
  double ready_seconds = 0.0;  ///< making it ready: data, training, the device's memory
  double first_seconds = 0.0;  ///< the first run, with what is made or loaded on first use
  Measured times;
  Floor floor;
  double peak_bytes = 0.0;  ///< most memory the program held
};

struct Ran {
  Benchmark benchmark;
  Outcome outcome;
};

/// Makes it ready, runs it once, checks the answers, and only then times it; without ceilings it is
/// not timed. Throws nothing: what ends a run, the first or a later one, is the outcome's reason.
Ran run(const Workload& workload, const BackendMaker& make_backend, DeviceProbe& probe,
        Ceilings* ceilings, const Effort& effort);

}  // namespace convexscan::bench
