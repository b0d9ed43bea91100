// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>

#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "convexscan/train.hpp"

namespace convexscan::commands {

/// The options of `train --starts K`.
struct StartsOptions {
  ObjectiveOptions objective;
  DeviceOptions device;
  OutputOptions output;
  TrainingOptions training;
  std::int64_t starts = 1;
  bool negative_directions = false;  ///< whatever it costs
  std::string checkpoints;           ///< refused
};

/// Trains from many fresh starts at once, saves every end and prints how they differ.
int train_from_starts(const StartsOptions& options);

}  // namespace convexscan::commands
