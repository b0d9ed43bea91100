// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cuda/network_passes.hpp"
#include "kernels/fused_loss.hpp"

namespace convexscan::cuda {

/// Partial sums that are held at once: a bound of memory, which no bit depends on.
inline constexpr std::int64_t most_partials = std::int64_t{1} << 23;

/// The losses of networks that are narrow enough for one kernel, see kernels/fused_loss.hpp: for
/// them many times faster than LossPass, whose results it gives in another order of summation.
template <class Real>
class FusedLossPass {
 public:
  /// Why these layers, as a network of their own, do not suit the kernel or this device, in words;
  /// empty when they do.
  static std::string why_not(std::span<const LayerPlan<Real>> layers);

  /// Nothing when they do not.
  static std::optional<kernels::FusedNetwork<Real>> network_for(
      std::span<const LayerPlan<Real>> layers);

  FusedLossPass(const PassInput<Real>& input, const kernels::FusedNetwork<Real>& network);

  /// As LossPass::run, for any number of points.
  void run(kernels::Coordinates coordinates, std::int64_t points, double* loss, double* accuracy);

 private:
  PassInput<Real> input_;
  kernels::FusedNetwork<Real> network_;
  std::int64_t tiles_;
  DeviceBuffer<double> partial_;  ///< (2, points of a round, tiles): losses and right answers
};

}  // namespace convexscan::cuda
