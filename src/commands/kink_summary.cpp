// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/kink_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "convexscan/slope_drop.hpp"

namespace convexscan::commands {

void print_kinks(const Objective& objective, const GridResult& result) {
  if (!has_kinks(objective)) return;
  if (objective.landscape() != nullptr) {
    if (result.provenance.eigensolver.empty()) return;
    fmt::print(
        "has kinks, which second derivatives do not see: locally convex speaks of a point's "
        "neighbourhood alone\n");
    return;
  }
  const auto found = result.values.find(Quantity::kink_mass);
  if (found == result.values.end()) {
    const bool looked_at_curvature = result.values.contains(Quantity::verdict) ||
                                     result.values.contains(Quantity::min_eigenvalue);
    if (looked_at_curvature) {
      fmt::print(
          "kinks: not looked at, and eigenvalues do not see them: locally convex speaks of a "
          "point's neighbourhood alone; add kink_mass\n");
    }
    return;
  }
  const std::vector<double>& mass = found->second.data;
  const std::int64_t drops = std::ranges::count_if(mass, [](double m) { return m < 0.0; });
  if (drops == 0) {
    fmt::print("kinks: no slope drops between neighbouring points\n");
    return;
  }
  const auto least = static_cast<std::size_t>(
      std::ranges::min_element(mass, [](double a, double b) { return a < b; }) - mass.begin());
  fmt::print(
      "kinks: slopes drop in {} of {} cells, by up to {:.6g} at ({:.4g}, {:.4g}): the loss "
      "is not convex there whatever its eigenvalues, and no smooth penalty makes it so\n",
      drops, mass.size(), -mass[least], result.x[least % result.x.size()],
      result.y[least / result.x.size()]);
  const auto verdicts = result.values.find(Quantity::verdict);
  if (verdicts == result.values.end()) return;
  std::int64_t convex = 0;
  std::int64_t dropping = 0;
  for (std::size_t p = 0; p < mass.size(); ++p) {
    if (verdicts->second.data[p] != 1.0) continue;
    ++convex;
    dropping += mass[p] < 0.0 ? 1 : 0;
  }
  if (convex == 0) return;
  fmt::print("  of the {} locally convex points {} are corners of such a cell\n", convex, dropping);
}

}  // namespace convexscan::commands
