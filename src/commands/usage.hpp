// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace convexscan::commands {

/// One line for what the parser did not understand: the option, the text, and what is expected.
std::string usage_line(const CLI::App& app, const CLI::ParseError& error);

/// Throws UsageError for an option that was given an empty text, which no option means anything by:
/// --x= before the words are parsed, as the parser would take the next word, --x "" after it.
void refuse_empty_values(int argc, const char* const* argv);
/// So is one that was given the name of another option for its value.
void refuse_empty_values(const CLI::App& app);

/// Throws UsageError where the environment asks for so many threads that starting them ends the
/// program.
void refuse_too_many_threads();

/// One line for when memory ran out, where being " on the GPU" or "": what the chosen command could
/// be asked less of.
std::string out_of_memory_line(const CLI::App& app, std::string_view where);

/// A check that says in one line what is wrong with an option's text; empty where it is right.
using Check = std::function<std::string(const std::string& text)>;

/// Whole numbers from least to most.
Check whole_number(std::int64_t least, std::int64_t most = std::numeric_limits<int>::max());

/// Finite numbers that are not negative.
Check number_not_negative();

}  // namespace convexscan::commands
