// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/convexity_gap.hpp"
#include "message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace convexscan::commands {

void print_gap(const GridResult& result, const GapSummary& summary) {
  const double gap = summary.convexity.worst.gap;
  if (std::ranges::none_of(summary.convexity.gap, [](double g) { return std::isfinite(g); })) {
    print_line("convexity gap: unknown, as no loss is finite");
    return;
  }
  if (std::isinf(summary.least_real)) {
    print_line("convexity gap: unknown, as the losses' rounding has no bound");
    return;
  }
  if (result.gap_witness.empty()) {
    print_line("convexity gap: none beyond rounding (largest {:.2g}, rounding {:.2g})", gap,
               summary.least_real);
    return;
  }
  std::string proof;
  for (std::size_t k = 1; k < result.gap_witness.size(); ++k) {
    const GapPlace& place = result.gap_witness[k];
    proof += fmt::format("{}({:.4g}, {:.4g})",
                         k == 1 ? "" : (k + 1 == result.gap_witness.size() ? " and " : ", "),
                         place.x, place.y);
  }
  print_line("convexity gap: up to {:.6g} at ({:.4g}, {:.4g}), proved by {}", gap,
             result.gap_witness[0].x, result.gap_witness[0].y, proof);
}

}  // namespace convexscan::commands
