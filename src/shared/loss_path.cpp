// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "shared/loss_path.hpp"

#include <fmt/format.h>

namespace convexscan::shared {
namespace {

/// "layer 3 of 3", "layers 2 to 3 of 3"; first counts from 0.
std::string layers_from(int first, int depth) {
  return first + 1 == depth ? fmt::format("layer {} of {}", depth, depth)
                            : fmt::format("layers {} to {} of {}", first + 1, depth, depth);
}

}  // namespace

std::string loss_path(const Model& whole, const Model& moved, const LossStructure& structure) {
  const int depth = whole.depth();
  if (structure.quadratic) {
    return structure.line_layer > 0 ? "an exact quadratic on each line, of the last layer's weights"
                                    : "an exact quadratic, of the last layer's weights";
  }
  if (structure.line_layer > 0) {
    return fmt::format("{} at every point, what is before once for each line",
                       layers_from(structure.line_layer, depth));
  }
  const int cut = depth - moved.depth();
  const std::int64_t units = moved.layers().front().outputs;
  const std::int64_t all = whole.layers()[static_cast<std::size_t>(cut)].outputs;
  const std::string few =
      units == all ? "" : fmt::format(" ({} of the first one's {} units)", units, all);
  if (cut == 0 && few.empty()) return "all layers at every point";
  return fmt::format("{}{} at every point, what does not move once", layers_from(cut, depth), few);
}

}  // namespace convexscan::shared
