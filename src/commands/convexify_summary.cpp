// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/convexify_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "message.hpp"

namespace convexscan::commands {
namespace {

void print_limit(const ConvexifyResult& result) {
  const NegativeCurvature& worst = result.worst;
  print_line("most negative curvature found on {}: {:.9g}{}, within {:.2g} ({} Hessians)",
             result.region, worst.value, result.penalty.measure(), worst.error, worst.evaluations);
  print_line("{} of {} descents converged, {} stopped before; the one to the witness {}",
             worst.converged, worst.descents, worst.descents - worst.converged,
             worst.witness_converged ? "converged"
             : std::isnan(worst.first_order_gain)
                 ? "did not: it stopped at a kink"
                 : fmt::format("did not: a further step may gain {:.2g}", worst.first_order_gain));
  if (worst.missing > 0) {
    print_line("{} of {} Hessians are not finite, or have no bound: nothing is known there",
               worst.missing, worst.evaluations);
  }
  if (!result.unbounded_term.empty()) {
    print_line(
        "no finite λ convexifies it: the curvature of the penalty {} falls without limit where a "
        "weight comes to its zero, as in this region; λ* = {:.9g} is only as far as the search "
        "came",
        result.unbounded_term, result.lambda_star);
  } else if (result.lambda_star > 0.0) {
    print_line(
        "lower limit of {}: λ* = {:.9g}; no smaller λ makes this region convex, a larger one "
        "may be needed",
        result.penalty.description, result.lambda_star);
  } else {
    const bool hidden = worst.least_possible < 0.0;
    print_line("no negative curvature beyond rounding was found: λ* = 0{}",
               std::isinf(worst.least_possible)
                   ? "; with so many parameters it is Lanczos that looked, which may miss some"
               : hidden ? fmt::format("; what rounding{} may hide needs no more than λ = {:.2g}",
                                      result.kinks ? ", or a kink within it," : "",
                                      -0.5 * worst.least_possible)
               : result.kinks || worst.missing > 0 ? ""
                                                   : ", and nothing to add");
  }
  if (!result.kinks) return;
  if (result.slope_drop) {
    const SlopeDrop& drop = *result.slope_drop;
    if (drop.layer == 0) {
      print_line(
          "no finite λ convexifies it: at a kink the slope drops from {:.6g} to {:.6g}; λ* is for "
          "the smooth parts alone",
          drop.before, drop.after);
      return;
    }
    print_line(
        "no finite λ convexifies it: on the kink of neuron {} of layer {} (sample {}) the slope "
        "drops from {:.6g} to {:.6g}; λ* is for the smooth parts alone",
        drop.neuron, drop.layer, drop.sample, drop.before, drop.after);
  } else {
    print_line(
        "has kinks, which second derivatives do not see: λ* does not count them; no drop of the "
        "slope was found");
  }
}

std::string width_text(const LayerWidth& width) {
  std::string text = fmt::format("{} of {}", width.distinct, width.neurons);
  if (width.dead > 0) text += fmt::format(", {} dead", width.dead);
  return text + fmt::format(" ({:.2f})", width.participation_ratio);
}

void print_table(const ConvexifyResult& result) {
  const ConvexifyLevel& first = result.levels.front();
  const bool accuracy = !first.accuracy.empty();
  std::vector<std::vector<std::string>> rows{
      {"λ/λ*", "λ", "smallest λ_min" + result.penalty.measure(), "loss", "with penalty"}};
  if (accuracy) rows[0].push_back("accuracy");
  rows[0].insert(rows[0].end(), {"in region", "distance"});
  const std::size_t layers = first.widths.empty() ? 0 : first.widths.front().size();
  for (std::size_t l = 0; l < layers; ++l)
    rows[0].push_back(fmt::format("width of layer {}", l + 1));
  for (const ConvexifyLevel& level : result.levels) {
    const std::size_t k = level.best;
    const double multiple = level.lambda == 0.0 ? 0.0 : level.lambda / result.lambda_star;
    std::vector<std::string> row{
        fmt::format("{:.3g}", multiple), fmt::format("{:.4g}", level.lambda),
        fmt::format("{:.4g}", level.smallest_eigenvalue), fmt::format("{:.6g}", level.loss[k]),
        fmt::format("{:.6g}", level.ends[k].loss)};
    if (accuracy) row.push_back(fmt::format("{:.4f}", level.accuracy[k]));
    row.push_back(
        fmt::format("{} of {}", std::ranges::count(level.inside, true), level.inside.size()));
    row.push_back(fmt::format("{:.3g}", level.largest_distance));
    for (std::size_t l = 0; l < layers; ++l) row.push_back(width_text(level.widths[k][l]));
    rows.push_back(std::move(row));
  }
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      // As wide as it is shown: fmt pads by letters, and a λ has two bytes.
      const auto letters = std::ranges::count_if(row[c], [](char b) { return (b & 0xC0) != 0x80; });
      widths[c] = std::max(widths[c], static_cast<std::size_t>(letters));
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += fmt::format("{}{:>{}}", c == 0 ? "" : "  ", row[c], widths[c]);
    }
    print_line("{}", line);
  }
}

void print_legend(const ConvexifyResult& result) {
  print_line(
      "loss, accuracy and widths are of the best of {} starts; distance is the largest between "
      "two minimisers",
      result.levels.front().ends.size());
  std::map<std::string, std::int64_t> stopped;
  for (const ConvexifyLevel& level : result.levels) {
    for (const TrainingResult& end : level.ends) stopped[end.reason] += end.converged ? 0 : 1;
  }
  std::erase_if(stopped, [](const auto& reason) { return reason.second == 0; });
  for (const auto& [reason, count] : stopped) {
    print_line("{} minimisations stopped before they converged: {}", count, reason);
  }
  if (!stopped.empty()) print_line("converged and gradient_norm in the file say which");
  if (!result.levels.front().widths.empty()) {
    print_line(
        "width: neurons that differ by more than {:g} up to sign, dead ones apart "
        "(participation ratio)",
        result.same_neuron);
  }
}

}  // namespace

void print_summary(const ConvexifyResult& result) {
  print_limit(result);
  print_table(result);
  print_legend(result);
}

}  // namespace convexscan::commands
