// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace convexscan::commands {

/// What the chosen command does; its result is the exit code.
using Action = std::function<int()>;

/// Each adds one command with its options; action is set when that command was given.
void add_train(CLI::App& app, Action& action);
void add_grid(CLI::App& app, Action& action);
void add_segments(CLI::App& app, Action& action);
void add_convexify(CLI::App& app, Action& action);
void add_gallery(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);

}  // namespace convexscan::commands
