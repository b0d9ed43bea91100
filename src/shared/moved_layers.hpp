// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"

/// Which parts of a network a slice moves, and those parts as networks of their own: what both
/// backends need for points that cost less than the whole network.
namespace convexscan::shared {

/// Layers from the first on that the directions leave as they are and over which no skip leads;
/// never all, and none on a slice without directions.
int unmoved_layers(const Model& model, const Slice& slice);

/// A plane whose axes begin at different layers is best taken line by line: what the layers before
/// give is the same on a whole line.
struct Lines {
  std::size_t axis = 0;  ///< that the lines run along
  int first = 0;         ///< layer that it moves; the other axis moves one before
};

/// Nothing where both axes begin at the same layer, or there are no two.
std::optional<Lines> lines_of(const Model& model, const Slice& slice);

/// The first layer's units that the directions move, where leaving out the others pays: they are at
/// most a quarter, and the layer leads nowhere but to the next. Else none.
std::vector<std::int64_t> few_moved_units(const Model& model, const Slice& slice);

/// The layers from cut on, over which no skip leads; theirs count nodes from there.
Model tail_of(const Model& model, int cut);

/// The task of the layers from cut on, with the activations before them as inputs (samples, width).
NetworkTask tail_of(const NetworkTask& task, int cut, std::vector<double> inputs);

/// A slice's parameters of the layers from cut on.
Slice tail_of(const Model& model, int cut, const Slice& slice);

/// A network with so many units in its first layer, and no bias in the second.
Model with_first_units(const Model& model, std::int64_t units);

/// The parameters in it of some of the first layer's units.
Slice with_first_units(const Model& model, const std::vector<std::int64_t>& units,
                       const Slice& slice);

}  // namespace convexscan::shared
