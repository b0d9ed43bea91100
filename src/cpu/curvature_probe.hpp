// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cpu/directional_curvature.hpp"
#include "shared/underflow.hpp"

namespace convexscan::cpu {

/// How errors pass through products with weights: entry by entry, or by norms.
enum class ErrorsPass { by_entries, by_norms };

/// Directions whose curvature is looked at in every point of a slice, with what depends on them
/// alone.
class Probe {
 public:
  /// The directions origin + Σ_j c_j direction_j of the slice; zero outside the objective's subset.
  /// other is of the same data.
  Probe(const NetworkData<double>& data, const Slice& directions, const SliceMagnitudes& other);

  /// The direction at some coordinates, with memory of its own.
  struct Direction {
    const Probe* probe;
    std::array<double, 2> coordinates;
    Aligned<double> theta;
    Aligned<double> magnitude;
    WeightLengths lengths;  ///< of the magnitude

    HessianPoint point(ErrorsPass pass) const {
      return {probe->network_,    probe->magnitudes_,
              coordinates.data(), theta.data(),
              magnitude.data(),   pass == ErrorsPass::by_norms ? &lengths : nullptr};
    }
  };
  Direction at(std::array<double, 2> coordinates) const;
  void set(Direction& direction) const;

  /// Another origin (parameters) in place of the one it has.
  void take(const std::vector<double>& origin);

 private:
  NetworkSlice<double> network_;
  SliceMagnitudes magnitudes_;
};

/// A point of a slice with memory for probing it.
class Prober {
 public:
  Prober(const Objective& objective, const NetworkSlice<double>& network,
         const SliceMagnitudes& magnitudes, const Slice& slice, FactorWorkspace& work);
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// vᵀ∇²f v in several directions v, penalty included, each with a bound on its error; they stay
  /// until the next call.
  std::span<const ValueWithError> curvature(const double* coordinates,
                                            std::span<const Probe::Direction> directions);

  /// The same values, with larger errors, for half the work, where these prove that one of them is
  /// negative, or where none is negative as computed, so that the smaller would not prove it
  /// either.
  std::span<const ValueWithError> sign(const double* coordinates,
                                       std::span<const Probe::Direction> directions);

  /// The same in the probe's direction at some coordinates of its own.
  ValueWithError sign(const double* coordinates, const Probe& probe,
                      std::array<double, 2> direction);

  /// Takes the memory of rayleigh, which else its first call takes.
  void reserve();

  /// vᵀ∇²f v / vᵀv for a vector in the subset.
  ValueWithError rayleigh(const double* coordinates, const std::vector<double>& vector);

 private:
  std::span<const ValueWithError> curvature(const double* coordinates,
                                            std::span<const Probe::Direction> directions,
                                            ErrorsPass pass);
  /// Sets the one direction.
  std::span<const Probe::Direction> only(const Probe& probe, std::array<double, 2> direction);

  const Objective& objective_;
  const NetworkSlice<double>& network_;
  const SliceMagnitudes& magnitudes_;
  const Slice& slice_;
  FactorWorkspace& work_;
  Aligned<double> theta_;
  Aligned<double> magnitude_;
  WeightLengths lengths_;  ///< of the magnitude
  std::vector<ValueWithError> values_;
  std::vector<double> vector_;  ///< (parameters), of rayleigh
  std::optional<Probe> along_;  ///< that vector
  std::array<Probe::Direction, 1> direction_;
  const shared::UnderflowBound underflow_;
};

}  // namespace convexscan::cpu
