// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>

#include "convexscan/slice.hpp"
#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// What a slice determines once for all of its points, on the device. The first layer's
/// pre-activations are affine in the coordinates, Z = Z₀ + Σ_j c_j·Z_j.
template <class Real>
class NetworkSlice {
 public:
  /// Both must outlive the slice. Nothing is computed yet.
  NetworkSlice(const NetworkData<Real>& data, const DeviceContext& context);

  void set(const Slice& slice);

  int axes() const { return axes_; }

  /// The parameters (parameters).
  kernels::Affine<Real> parameter() const { return affine(parameter_); }

  /// The first layer's pre-activations (outputs, data.stride), bias included.
  kernels::Affine<Real> first() const { return affine(first_); }

 private:
  static constexpr std::size_t most_parts = 3;
  using Parts = std::array<DeviceBuffer<Real>, most_parts>;

  kernels::Affine<Real> affine(const Parts& parts) const {
    return {parts[0].data(), axes_ > 0 ? parts[1].data() : nullptr,
            axes_ > 1 ? parts[2].data() : nullptr};
  }

  const NetworkData<Real>& data_;
  const DeviceContext& context_;
  int axes_ = 0;
  Parts parameter_;
  Parts first_;
};

}  // namespace convexscan::cuda
