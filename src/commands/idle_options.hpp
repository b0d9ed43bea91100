// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

#include "commands/objective_options.hpp"

namespace convexscan::commands {

// An option that would change nothing is a misunderstanding, which silence would hide.

/// Throws UsageError for one that means nothing beside the others that name the objective.
void refuse_idle_options(const ObjectiveOptions& options);

/// Throws UsageError where weights are named that are not used, and says why they are not.
void refuse_idle_weights(const ObjectiveOptions& options, std::string_view why);

}  // namespace convexscan::commands
