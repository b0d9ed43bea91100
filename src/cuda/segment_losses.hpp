// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "convexscan/slice.hpp"
#include "cuda/moved_tail.hpp"
#include "kernels/fused_loss.hpp"
#include "kernels/penalties.hpp"

namespace convexscan::cuda {

/// A network's losses on many segments at once, where what they move is narrow enough for one
/// kernel or makes the loss a quadratic; memory is kept between calls.
template <class Real>
class SegmentLosses {
 public:
  /// Losses (segments, t) of segments that this class has no fast way for.
  using Others = std::function<std::vector<double>(const Segments&)>;

  /// objective, data and context must outlive it.
  SegmentLosses(const Objective& objective, const NetworkData<Real>& data,
                const DeviceContext& context);

  /// (segments, t), penalty included: the bits of an evaluator of each segment.
  std::vector<double> at(const Segments& segments, std::span<const double> t, const Others& others);

 private:
  std::int64_t reserve(std::int64_t segments, std::int64_t places, std::int64_t tiles);
  void upload(const Segments& segments, std::int64_t first, std::int64_t count);
  void sum_samples(const kernels::FusedNetwork<Real>& network, std::int64_t count,
                   std::int64_t places);
  void sum_forms(std::span<const double> t, std::int64_t count);
  void add_penalties(const Segments& segments, std::int64_t first, std::int64_t count,
                     std::int64_t places);

  const Objective& objective_;
  const NetworkData<Real>& data_;
  const DeviceContext& context_;
  MovedTail<Real> tail_;
  const DeviceBuffer<PenaltyTerm> terms_;
  const DeviceBuffer<double> centre_;
  DeviceBuffer<double> t_;
  DeviceBuffer<Real> origins_;     ///< (batch, parameters behind the cut)
  DeviceBuffer<Real> directions_;  ///< the same
  DeviceBuffer<double> ends_;      ///< (2, batch, parameters): origins and directions of penalties
  DeviceBuffer<Real> z0_;          ///< (batch, outputs, stride) at the origins
  DeviceBuffer<Real> z_;           ///< the same along the directions
  DeviceBuffer<double> partial_;   ///< (batch, places, tiles)
  DeviceBuffer<double> losses_;    ///< (batch, places)
};

}  // namespace convexscan::cuda
