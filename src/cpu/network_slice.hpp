// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"
#include "cpu/aligned.hpp"
#include "shared/layer_plan.hpp"

namespace convexscan::cpu {

/// Samples that one tile holds; the last tile is padded with zeros. A constant, because sums over
/// samples run tile by tile and their bits may not depend on the machine.
inline constexpr std::int64_t tile_samples = 64;

using shared::LayerPlan;

/// A task's data in the layout and precision of the loops: (features, samples), samples padded to
/// whole tiles.
template <class Real>
struct NetworkData {
  explicit NetworkData(const NetworkTask& task);

  const NetworkTask& task;
  std::vector<LayerPlan<Real>> layers;
  std::int64_t samples;
  std::int64_t stride;    ///< samples, rounded up to whole tiles
  Aligned<Real> inputs;   ///< (features, stride)
  Aligned<Real> targets;  ///< (outputs, stride), or empty
};

/// What a slice determines once for all of its points.
///
/// The first layer's pre-activations are affine in the coordinates, Z = Z₀ + Σ_j c_j·Z_j, so that a
/// point costs axes multiplications for each of them however many features there are.
template <class Real>
struct NetworkSlice {
  static constexpr int max_axes = 2;

  NetworkSlice(const NetworkData<Real>& data, const Slice& slice);

  /// Puts other numbers (parameters) into the place of the origin (0) or of a direction.
  void take(const std::vector<double>& from, int j);

  const NetworkData<Real>& data;
  int axes;
  std::int64_t parameters;
  std::uint64_t identity = 0;  ///< no two slices with different numbers have the same, which is > 0
  std::array<Aligned<Real>, 1 + max_axes>
      first;  ///< Z₀, Z_x, Z_y, each (outputs of layer 0, stride)
  std::array<Aligned<Real>, 1 + max_axes>
      second;  ///< in place of the second layer's bias, (its outputs, stride) each; or empty
  std::array<Aligned<Real>, 1 + max_axes> parameter;  ///< origin and directions (parameters)

  /// Offset of the first parameter behind the first layer's.
  std::int64_t deep_begin() const {
    return data.layers.size() > 1 ? data.layers[1].weight : parameters;
  }

  /// As many points as have their weights behind the first layer's in the cache beside a tile.
  std::int64_t points_in_cache() const {
    const std::int64_t deep = std::max<std::int64_t>(parameters - deep_begin(), 1);
    return std::clamp<std::int64_t>((1 << 15) / deep, 1, 64);
  }

  /// θ (parameters) = origin + Σ_j c_j·direction_j from the parameter at offset begin on.
  void weights_at(const double* coordinates, std::int64_t begin, Real* weights) const;
};

}  // namespace convexscan::cpu
