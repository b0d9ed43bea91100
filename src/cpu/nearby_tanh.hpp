// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"
#include "cpu/targets.hpp"

namespace convexscan::cpu {

/// Of a segment's places: there are 129 unless somebody asks for another number.
inline constexpr double usual_spacing = 1.0 / 128.0;

/// tanh of the first layer at points that are close together along a slice's first axis. Its
/// pre-activations are affine there, z = a + d with a those at the next of places that are equally
/// spaced and d of at most ½·ln 2, and
///   tanh(a + d) = (tanh a + tanh d)/(1 + tanh a·tanh d),
/// where tanh d needs no reduction of its argument and tanh a is kept from point to point. The
/// places follow from the slice and the samples: what a point gets does not depend on other points.
/// network_rounding.cpp says what it rounds.
template <class Real>
class NearbyTanh {
 public:
  /// What a thread keeps.
  struct Kept {
    std::int64_t tile = -1;
    double place = 0.0;
    double across = 0.0;  ///< the other coordinate
    Aligned<Real> tanh;   ///< (outputs of layer 0, tile_samples)
  };

  /// Nothing unless the first layer is one of tanh, and nothing where the other layers have so many
  /// weights that few points are taken together. spacing: distance of points along the axis; a tile
  /// of samples with fewer than four of them to a place is left out, so 0 leaves none out.
  /// shared_division: two numbers share one; of 64 bytes it takes as long as two of 32, longer than
  /// all the rest. slice must outlive this.
  static std::optional<NearbyTanh> of(const NetworkSlice<Real>& slice, double spacing,
                                      bool shared_division = vector_bytes() == 64);

  /// out (outputs of layer 0, tile_samples) ← tanh z at a point; false, and out as it was, where
  /// the tile is left out.
  bool activate(const double* coordinates, std::int64_t tile, Kept& kept, Real* out) const;

 private:
  NearbyTanh(const NetworkSlice<Real>& slice, bool shared_division)
      : slice_(slice), shared_division_(shared_division) {}

  const NetworkSlice<Real>& slice_;
  bool shared_division_;
  std::vector<double> places_;  ///< (tiles): how many to a unit, a power of two; 0 for left out
};

}  // namespace convexscan::cpu
