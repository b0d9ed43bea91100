// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cuda/device_context.hpp"
#include "cuda/network_passes.hpp"

namespace convexscan::cuda {

/// f(θ) and its gradient in double, group by group of points; memory is kept between calls.
class NetworkGradient {
 public:
  /// All must outlive this. The group is as large as points, unless memory or a constant bound it.
  NetworkGradient(const Objective& objective, const NetworkData<double>& data,
                  const DeviceContext& context, std::int64_t points);

  /// thetas (points, parameters), losses (points), gradients (points, parameters). A point's values
  /// depend, in their last bits, on the group's size alone.
  void at(std::span<const double> thetas, std::span<double> losses, std::span<double> gradients);

 private:
  const Objective& objective_;
  const NetworkData<double>& data_;
  const DeviceContext& context_;
  const std::int64_t group_;
  NetworkSlice<double> slice_;
  GradientPass<double> pass_;
  DeviceBuffer<double> result_;  ///< losses (group), then gradients (group, parameters)
};

}  // namespace convexscan::cuda
