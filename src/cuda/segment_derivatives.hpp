// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cuda/network_passes.hpp"

namespace convexscan::cuda {

/// First and second derivatives of a network's loss along segments, every place as a line of its
/// own: many at once, whatever segments they are on.
template <class Real>
class SegmentDerivatives {
 public:
  /// objective, data and context must outlive it.
  SegmentDerivatives(const Objective& objective, const NetworkData<Real>& data,
                     const DeviceContext& context);

  /// (segments, places, 2) at t (segments, places), penalty included. A place's bits do not depend
  /// on the others.
  std::vector<double> at(const Segments& segments, std::span<const double> t);

 private:
  void set_lines(const Segments& segments, std::span<const double> t, std::int64_t places,
                 std::int64_t first, std::int64_t count);
  void run(std::int64_t count);

  const Objective& objective_;
  const NetworkData<Real>& data_;
  const DeviceContext& context_;
  const std::int64_t group_;
  const std::int64_t tiles_;
  NetworkSlice<Real> slice_;  ///< the places
  const PassInput<Real> input_;
  GroupWeights<Real> weights_;
  NetworkNodes<Real> nodes_;
  DeviceBuffer<Real> directions_;  ///< (group, parameters)
  DeviceBuffer<Real> z_;           ///< (group, outputs, stride): the first layer along them
  DeviceBuffer<double> partial_;   ///< (2, group, tiles)
  DeviceBuffer<double> sums_;      ///< (2, group)
};

}  // namespace convexscan::cuda
