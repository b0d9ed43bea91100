// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpu/aligned.hpp"
#include "cpu/network_slice.hpp"
#include "cpu/sample_factors.hpp"
#include "shared/bounded_value.hpp"

/// A network along a line of its slice, sample by sample: every column is one sample at a place of
/// its own, since samples meet their kinks at different places.
namespace convexscan::cpu {

/// σ' below and above zero of an activation with a kink there; equal where there is none.
struct KinkSlopes {
  double below = 1.0;
  double above = 1.0;

  bool kinked() const { return below != above; }
};
KinkSlopes kink_slopes(Activation kind, double slope);

struct LineColumn {
  std::int64_t sample = 0;
  double place = 0.0;  ///< distance from the line's point
};

/// A unit whose pre-activation changes sign at a column's place.
struct KinkFlip {
  int layer = 0;
  std::int64_t unit = 0;
  bool up = false;  ///< from below zero to above
};

/// What a sample's loss does at a place.
struct SlopeJump {
  shared::BoundedValue slope;  ///< dℓ/dt before it
  double value = 0.0;          ///< what the slope jumps by
  double error = 0.0;          ///< bound on the rounding of value
  bool at_kink = false;        ///< whether a unit that moves is on its kink, up to rounding
  double place_error = 0.0;    ///< what rounding does to the place of that: to z, over |ż|
};

/// The scratch memory of one thread.
class SampleLine {
 public:
  static constexpr std::int64_t columns = tile_samples;

  /// Places that differ by less, relative to the reach, are one.
  static constexpr double same_place = 0x1p-40;

  /// Places that rounding hides further than that, relative to the reach, are not known.
  static constexpr double widest_place = 0x1p-20;

  SampleLine(const NetworkSlice<double>& slice, const SliceMagnitudes& magnitudes);

  /// The line through the point at the coordinates along an axis of the slice, of which at most
  /// reach is looked at.
  void set(const double* coordinates, int axis, double reach);

  /// z of every layer at up to `columns` columns.
  void evaluate(std::span<const LineColumn> at);
  const double* z(int layer) const { return part(0, layer + 1); }  ///< (outputs, columns)

  /// dℓ/dt of each column's sample and its jump when its flips happen, ℓ before any division;
  /// evaluate must have been called with the same columns.
  ///
  /// With ȧ the derivative along the line before the flips and δ what they add to it,
  ///   δ = σ'(z)·(W δ_before) + (σ'_after − σ'_before)·ż at a unit that flips,
  /// so that a jump is computed without taking a difference: Σ_o ∂ℓ/∂a_o·δ_o. Units that are zero
  /// there up to rounding without being named, as relu(t) + relu(−t) at t = 0, are on the sides
  /// that their ż, before and after, say.
  void jumps(std::span<const LineColumn> at, std::span<const std::vector<KinkFlip>> flips,
             std::span<SlopeJump> jump);

 private:
  double* part(int kind, int node) {
    return memory_.data() + kind * size_ + offsets_[static_cast<std::size_t>(node)];
  }
  const double* part(int kind, int node) const {
    return memory_.data() + kind * size_ + offsets_[static_cast<std::size_t>(node)];
  }
  void add_line_product(int layer, const double* in, const LineColumn* at, std::int64_t count,
                        double* out);
  void make_sizes(std::span<const LineColumn> at);
  void add_loss(std::int64_t column, std::int64_t sample, SlopeJump& jump) const;

  const NetworkSlice<double>& slice_;
  const SliceMagnitudes& magnitudes_;
  double value_error_ = 0.0;     ///< relative to the size of what z is a sum of
  double relative_error_ = 0.0;  ///< of jumps, relative to the size of what they are sums of
  double coordinates_[2] = {0.0, 0.0};
  int axis_ = 0;
  double reach_ = 0.0;
  Aligned<double> theta_;      ///< (parameters)
  Aligned<double> magnitude_;  ///< (parameters): bound of |θ| on the part looked at
  std::int64_t size_ = 0;
  std::vector<std::int64_t> offsets_;
  Aligned<double> memory_;   ///< of every node: z, a, ż→ȧ, δ, and the sizes of the last three
  Aligned<double> scratch_;  ///< (widest layer, columns)
};

}  // namespace convexscan::cpu
