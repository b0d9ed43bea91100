// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cuda/moved_tail.hpp"
#include "cuda/network_passes.hpp"
#include "kernels/fused_loss.hpp"

namespace convexscan::cuda {

/// A plane as lines: where one axis leaves the first layers as they are and the other does not,
/// what those give depends on one coordinate alone.
template <class Real>
struct Lines {
  int axis = 0;            ///< the one along which they run
  int first = 0;           ///< layer that it moves; what is before is computed once for each line
  bool quadratic = false;  ///< whether the loss is, along the axis
  std::optional<kernels::FusedNetwork<Real>> network;  ///< from that layer on, where it is narrow

  static std::optional<Lines> of(const MovedTail<Real>& tail);

  /// Whether losses, or with them right answers, can be had that way.
  bool serves(bool accuracy) const { return network.has_value() || (quadratic && !accuracy); }
};

/// Losses of a plane's points line by line: for each the pre-activations Z₀ and Z_y of the first
/// layer that the line moves, then the rest as on a slice of its own.
template <class Real>
class LineLosses {
 public:
  /// So many lines at once.
  LineLosses(const PassInput<Real>& input, const Lines<Real>& lines, std::int64_t group);

  /// Of each of them.
  static std::int64_t bytes_per_line(const NetworkData<Real>& data, const Lines<Real>& lines);

  /// loss (points) and accuracy (points) in device memory, averaged, penalty left out; accuracy may
  /// be null. Coordinates (points, 2) both here and there. A point's bits do not depend on the
  /// others.
  void run(std::span<const double> coordinates, kernels::Coordinates on_device, double* loss,
           double* accuracy);

 private:
  template <class Work>
  void for_each_group(std::span<const double> coordinates, Work&& work);
  void set_lines(std::span<const double> values);
  void make_products(std::int64_t lines, std::int64_t start, std::int64_t columns);
  void sum_forms(std::span<const double> coordinates, double* loss);
  void sum_samples(std::span<const double> coordinates, kernels::Coordinates on_device,
                   double* loss, double* accuracy);
  kernels::Affine<Real> along(const Real* origin, const Real* direction) const;
  std::int64_t z_size() const {
    return input_.data.layers[static_cast<std::size_t>(lines_.first)].outputs * input_.data.stride;
  }

  PassInput<Real> input_;
  Lines<Real> lines_;
  std::int64_t group_;
  std::int64_t tiles_;
  GroupWeights<Real> weights_;
  NetworkNodes<Real> nodes_;
  DeviceBuffer<double> places_;          ///< (group, 2): coordinates of the lines
  DeviceBuffer<Real> z0_;                ///< (group, outputs, stride)
  DeviceBuffer<Real> z_;                 ///< the same along the lines
  DeviceBuffer<std::int32_t> slice_of_;  ///< (points of a round)
  DeviceBuffer<double> partial_;         ///< (2, points of a round, tiles)
};

}  // namespace convexscan::cuda
