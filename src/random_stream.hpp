// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include "shared/dropout.hpp"

namespace convexscan {

/// What random numbers are drawn for. Each use has a stream of its own, so that what is drawn with
/// one seed for two of them, as weights and directions from them, has nothing in common. Stored
/// results name their seeds: numbers are never given to another use. They begin at 2³²; those
/// below are the layers' with dropout.
enum class RandomUse : std::uint64_t {
  directions = std::uint64_t{1} << 32,
  segments,         ///< ends of
  chords,           ///< ends of, among a grid's points
  twins,            ///< which neurons of
  features,         ///< centres or weights of
  penalty_centre,   ///< of --penalty-center
  landscape_start,  ///< the step from a landscape's centre
  region_points,    ///< points of a region that are searched
  region_starts,    ///< points of a region to minimise from
  descents,         ///< mixtures and neighbours of places of negative curvature
  kinks,            ///< samples and neurons that are put onto their kinks
  kink_points,      ///< where that begins
  targets,          ///< what samples of the gallery's do not owe to their inputs
};

/// The seed of a use's generator: of the user's seed SplitMix64's number at the use's place. Two
/// seeds never give one use the same. A network's fresh weights alone are drawn from the user's
/// seed itself (initial_weights).
inline std::uint64_t stream_seed(std::uint64_t seed, RandomUse use) {
  return shared::splitmix(seed, static_cast<std::uint64_t>(use));
}

}  // namespace convexscan
