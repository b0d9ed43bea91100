// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/kink_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "convexscan/slope_drop.hpp"
#include "message.hpp"

namespace convexscan::commands {
namespace {

/// Points from which a way leads to the next in x or y: all but the last.
std::int64_t beginnings(const GridResult& result) { return result.points() - 1; }

/// Ways without a known drop where a slope or the loss is not finite.
std::int64_t unknown_ways(const GridResult& result, const std::vector<double>& mass) {
  const auto loss = result.values.find(Quantity::loss);
  std::int64_t unknown = 0;
  for (std::size_t p = 0; p + 1 < mass.size(); ++p) {
    const bool finite = loss == result.values.end() || std::isfinite(loss->second.data[p]);
    unknown += std::isnan(mass[p]) || (!finite && mass[p] == 0.0) ? 1 : 0;
  }
  return unknown;
}

}  // namespace

void print_kinks(const Objective& objective, const GridResult& result) {
  if (!has_kinks(objective)) {
    if (result.values.contains(Quantity::kink_mass)) {
      print_line("kinks: none at which a slope could drop");
    }
    return;
  }
  if (objective.landscape() != nullptr) {
    if (result.provenance.eigensolver.empty()) return;
    print_line(
        "has kinks, which second derivatives do not see: locally convex speaks of a point's "
        "neighbourhood alone");
    return;
  }
  const auto found = result.values.find(Quantity::kink_mass);
  if (found == result.values.end()) {
    // Whatever quantity is of the spectrum, an eigensolver was chosen for it.
    const bool looked_at_curvature = !result.provenance.eigensolver.empty();
    if (looked_at_curvature) {
      print_line(
          "kinks: not looked at, and eigenvalues do not see them: locally convex speaks of a "
          "point's neighbourhood alone; add kink_mass");
    }
    return;
  }
  const std::vector<double>& mass = found->second.data;
  const std::int64_t drops = std::ranges::count_if(mass, [](double m) { return m < 0.0; });
  const std::int64_t unknown = unknown_ways(result, mass);
  if (unknown > 0) {
    print_line("kinks: unknown on the ways from {} of {} points to the next: not finite", unknown,
               beginnings(result));
  }
  if (drops == 0) {
    if (unknown == 0) {
      print_line("kinks: no slope is found to drop between neighbouring points");
    } else if (unknown < beginnings(result)) {
      print_line("kinks: no slope is found to drop on the other ways");
    }
    return;
  }
  // NaN is passed over, which is no order of its own.
  const auto drop = [](double m) { return std::isnan(m) ? 0.0 : m; };
  const auto least =
      static_cast<std::size_t>(std::ranges::min_element(mass, {}, drop) - mass.begin());
  print_line(
      "kinks: slopes drop on the ways from {} of {} points to the next, by up to {:.6g} at "
      "({:.4g}, {:.4g}): the loss "
      "is not convex there whatever its eigenvalues, and no smooth penalty makes it so",
      drops, beginnings(result), -mass[least], result.x[least % result.x.size()],
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
  print_line("  at {} of the {} locally convex points such a way begins", dropping, convex);
}

}  // namespace convexscan::commands
