// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace convexscan::commands {

using Clock = std::chrono::steady_clock;

ProgressLine::ProgressLine(std::string what, bool quiet, std::chrono::milliseconds patience)
    : what_(std::move(what)),
      visible_(!quiet && ::isatty(STDERR_FILENO) == 1),
      patience_(patience),
      start_(Clock::now()) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::show(std::int64_t done, std::int64_t whole) {
  if (!visible_) return;
  const auto now = Clock::now();
  if (now - start_ < patience_) return;
  if (shown_ && done < whole && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  shown_ = true;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double fraction = static_cast<double>(done) / static_cast<double>(whole);
  const std::string left =
      done == 0 ? ""
                : fmt::format(", {} left", duration_text(elapsed * (1.0 - fraction) / fraction));
  const std::string line =
      fmt::format("\r\x1b[K{}: {} of {} ({:.0f} %){}", what_, done, whole, 100.0 * fraction, left);
  std::fputs(line.c_str(), stderr);  // a terminal that is gone is no reason to end
  std::fflush(stderr);
}

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace convexscan::commands
