// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "convexscan/model.hpp"

namespace convexscan {

/// A network whose hidden units were renamed so that its weights are near those of another.
struct Alignment {
  std::vector<double> theta;     ///< (parameters): the same function as before
  double distance_before = 0.0;  ///< ‖reference − other‖
  double distance_after = 0.0;   ///< ‖reference − theta‖, never larger
  std::int64_t units = 0;        ///< hidden units that may change places
  std::int64_t moved = 0;        ///< of them, those that did
  std::int64_t flipped = 0;      ///< and those whose signs changed
};

/// Finds permutations of the hidden units of other, and signs for units with odd activations, that
/// bring it near to reference (both (parameters)): weight matching (Ainsworth, Hayase & Srinivasa
/// 2023, algorithm 1), which goes through the layers and solves a linear assignment problem for
/// each, the others fixed, until none gets nearer. Layers that a skip connection joins share their
/// permutation, and those joined to the inputs or outputs, or with dropout, keep it.
///
/// The descent starts from the networks as they are and from a matching of each layer's incoming
/// weights in the order of the layers, and the nearer end counts. So distance_after is a local
/// minimum, and 0 where other is a renamed reference without skips and with no two units alike.
/// Positive factors, which relu allows too, are left as they are.
Alignment align(const Model& model, std::span<const double> reference,
                std::span<const double> other);

}  // namespace convexscan
