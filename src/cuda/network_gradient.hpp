// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cuda/device_context.hpp"
#include "cuda/network_passes.hpp"

namespace convexscan::cuda {

/// f(θ) and its gradient at one point after another, in double; memory is kept between them.
class NetworkGradient {
 public:
  /// All must outlive this.
  NetworkGradient(const Objective& objective, const NetworkData<double>& data,
                  const DeviceContext& context);

  double at(std::span<const double> theta, std::span<double> gradient);

 private:
  const Objective& objective_;
  const NetworkData<double>& data_;
  const DeviceContext& context_;
  NetworkSlice<double> slice_;
  GradientPass<double> pass_;
  DeviceBuffer<double> result_;  ///< the loss, then the gradient (parameters)
};

}  // namespace convexscan::cuda
