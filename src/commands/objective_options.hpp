// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "convexscan/backend.hpp"

namespace convexscan::commands {

/// The options that name the objective, the same for every command.
struct ObjectiveOptions {
  std::string model;
  std::string mlp;
  std::string landscape;
  std::string activation = "tanh";
  double alpha = -1.0;
  bool no_bias = false;
  bool residual = false;
  double dropout = 0.0;
  std::string init = "xavier";
  std::string weights;
  std::string data;
  std::int64_t samples = 0;
  std::string features;
  std::string loss;
  std::string objective = "loss";
  std::vector<std::string> penalties;
  std::string penalty_centre;
  std::string parameters = "all";
  std::uint64_t seed = 0;
  std::uint64_t model_seed = 0;

  void add_to(CLI::App& command);

  /// Whether an option, as "--alpha", stands on the command line.
  bool given(const std::string& option) const;

 private:
  const CLI::App* command_ = nullptr;
};

/// Where to compute.
struct DeviceOptions {
  std::string device = "auto";
  std::string option = "--device";  ///< that named it
  std::string precision = "float64";

  void add_to(CLI::App& command);
  std::unique_ptr<Backend> make_backend(const Objective& objective) const;
};

/// An objective with the point of parameter space that the options name.
struct Problem {
  Objective objective;
  std::vector<double> theta;         ///< (parameters)
  std::string model_source;          ///< the file, or the network's description
  std::string model_hash;            ///< SHA-256 of the model file, or of the description
  std::vector<std::string> notices;  ///< for stderr
  std::vector<std::string> files;    ///< that were read: none of them may be the output
};

/// Reads everything that the options name. Throws Error or UsageError.
Problem load_problem(const ObjectiveOptions& options);

/// The weights in a file, for the network or the landscape. Throws Error, as load_weights does.
std::vector<double> weights_of(const std::string& path, const Objective& objective);

}  // namespace convexscan::commands
