// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "convexscan/slice.hpp"
#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"
#include "kernels/fused_loss.hpp"

namespace convexscan::cuda {

/// The losses of a network that is narrow enough for one kernel on many segments at once; memory is
/// kept between calls.
template <class Real>
class SegmentLosses {
 public:
  /// objective, data and context must outlive it.
  SegmentLosses(const Objective& objective, const NetworkData<Real>& data,
                const DeviceContext& context, const kernels::FusedNetwork<Real>& network);

  /// (segments, t), penalty included: the bits of an evaluator of each segment.
  std::vector<double> at(const Segments& segments, std::span<const double> t);

 private:
  void reserve(std::int64_t batch, std::int64_t places);
  void upload(const Segments& segments, std::int64_t first, std::int64_t count);
  void add_penalties(const Segments& segments, std::int64_t first, std::int64_t count,
                     kernels::Coordinates places, std::int64_t places_count);

  const Objective& objective_;
  const NetworkData<Real>& data_;
  const DeviceContext& context_;
  const kernels::FusedNetwork<Real> network_;
  const std::int64_t tiles_;
  DeviceBuffer<double> t_;
  DeviceBuffer<Real> origins_;     ///< (batch, parameters)
  DeviceBuffer<Real> directions_;  ///< (batch, parameters)
  DeviceBuffer<Real> z0_;          ///< (batch, outputs, stride) at the origins
  DeviceBuffer<Real> z_;           ///< the same along the directions
  DeviceBuffer<double> partial_;   ///< (batch, places, tiles)
  DeviceBuffer<double> losses_;    ///< (batch, places)
};

}  // namespace convexscan::cuda
