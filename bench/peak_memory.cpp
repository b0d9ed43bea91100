// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "peak_memory.hpp"

#include <malloc.h>

#include <fstream>
#include <string>

namespace convexscan::bench {

PeakMemory::PeakMemory() {
  malloc_trim(0);  // what earlier work has freed goes back first
  std::ofstream("/proc/self/clear_refs") << "5";
}

double PeakMemory::bytes() const {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return 1024.0 * std::stod(line.substr(6));
  }
  return 0.0;
}

}  // namespace convexscan::bench
