// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/memory_limit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "convexscan/error.hpp"

namespace convexscan::commands {

void require_memory(std::string_view what, double numbers) {
  constexpr double gib = 1024.0 * 1024.0 * 1024.0;
  const double needed = 8.0 * numbers / gib;
  const double there = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<double>(sysconf(_SC_PAGESIZE)) / gib;
  if (needed <= there) return;
  throw UsageError(fmt::format("{}: needs about {:.3g} GiB, this machine has {:.3g}; use fewer",
                               what, needed, there));
}

}  // namespace convexscan::commands
