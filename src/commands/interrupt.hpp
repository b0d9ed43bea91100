// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <string_view>

/// Ctrl-C and SIGTERM. Work looks at stop_requested() between its parts and ends in order; a part
/// that takes longer than a second is not waited for. A second Ctrl-C ends the program at once.
namespace convexscan::commands {

/// Set by the first interrupt.
std::atomic<bool>& stop_requested();

void stop_on_interrupt();

/// What a program that did not wait says as its last words, "interrupted; nothing was written" if
/// nothing else was set: work that leaves several files says so before it writes the first, and
/// every command what there is as soon as it has written it.
void say_when_interrupted(std::string_view words);

/// The work has ended by itself; from here on it speaks for itself.
void interrupt_is_answered();

}  // namespace convexscan::commands
