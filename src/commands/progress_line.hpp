// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace convexscan::commands {

/// One line on stderr with what is done and the time left, rewritten in place; silent when stderr
/// is no terminal or quiet was asked for.
class ProgressLine {
 public:
  /// Shows nothing of what takes less than patience.
  ProgressLine(std::string what, bool quiet,
               std::chrono::milliseconds patience = std::chrono::milliseconds(0));
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::int64_t done, std::int64_t whole);

 private:
  std::string what_;
  bool visible_;
  std::chrono::milliseconds patience_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

/// "3 s", "2 min 10 s", "1 h 5 min".
std::string duration_text(double seconds);

}  // namespace convexscan::commands
