// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include "convexscan/model.hpp"

namespace convexscan::shared {

/// What an evaluator has found out about losses on its slice, see shared/moved_layers.hpp.
struct LossStructure {
  int line_layer = 0;      ///< the first layer that moves along a line; 0 without lines
  bool quadratic = false;  ///< the loss is one, in the coordinates or along each line
};

/// In words for the result file: which layers are computed at every point. moved is the network of
/// what the slice moves, the whole one where nothing stays.
std::string loss_path(const Model& whole, const Model& moved, const LossStructure& structure);

}  // namespace convexscan::shared
