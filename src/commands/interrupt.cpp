// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/interrupt.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include "files/pending_file.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

constexpr unsigned patience = 1;  // seconds

/// A handler may call little more than write(): the line is made before. It may come while the next
/// is being made, which has a place of its own until it is whole.
struct LastWords {
  struct Line {
    std::array<char, 4096> text{};
    std::size_t size = 0;
  };
  std::array<Line, 2> lines;
  std::atomic<std::size_t> current{0};
};

LastWords& last_words() {
  static LastWords words;
  return words;
}

void end_now(int) {
  if (PendingFile::count() > 0) {  // it is whole, or removed, in a moment
    ::alarm(patience);
    return;
  }
  const LastWords& words = last_words();
  const LastWords::Line& line = words.lines[words.current];
  if (::write(STDERR_FILENO, line.text.data(), line.size) < 0) ::_exit(1);
  ::_exit(1);
}

std::atomic<std::int64_t> asked_at{0};  // milliseconds; 0 before the first interrupt
static_assert(decltype(asked_at)::is_always_lock_free);  // a handler must not wait

std::int64_t now_in_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{1000} * now.tv_sec + now.tv_nsec / 1'000'000;
}

void ask_to_stop(int signal) {
  // timeout(1) sends its signal to the program and to its group: twice at once is one request.
  constexpr std::int64_t at_once = 300;
  const std::int64_t now = now_in_milliseconds();
  // The time comes first: a second signal may come at any moment, and asks for it.
  std::int64_t first = 0;
  if (!asked_at.compare_exchange_strong(first, now)) {
    if (now - first < at_once) return;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  stop_requested() = true;
  ::alarm(patience);
}

}  // namespace

std::atomic<bool>& stop_requested() {
  static std::atomic<bool> requested{false};
  return requested;
}

void stop_on_interrupt() {
  stop_requested();  // made before a signal can ask for it
  say_when_interrupted("interrupted; nothing was written");
  std::signal(SIGALRM, end_now);
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
}

void say_when_interrupted(std::string_view words) {
  LastWords& last = last_words();
  const std::size_t next = 1 - last.current;
  LastWords::Line& line = last.lines[next];
  const auto add = [&](std::string_view text) {
    line.size += text.copy(line.text.data() + line.size, line.text.size() - 1 - line.size);
  };
  line.size = 0;
  if (::isatty(STDERR_FILENO) == 1) add("\r\x1b[K");  // a line of progress
  add("convexscan: ");
  add(printable(words));
  line.text[line.size++] = '\n';
  last.current = next;
}

void interrupt_is_answered() { ::alarm(0); }

}  // namespace convexscan::commands
