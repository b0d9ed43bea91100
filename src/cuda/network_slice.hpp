// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <vector>

#include "convexscan/slice.hpp"
#include "cuda/device_context.hpp"
#include "cuda/network_data.hpp"

namespace convexscan::cuda {

/// What a slice determines once for all of its points, on the device. The first layer's
/// pre-activations are affine in the coordinates, Z = Z₀ + Σ_j c_j·Z_j, and so may be a part of the
/// second's.
template <class Real>
class NetworkSlice {
 public:
  /// Both must outlive the slice. Nothing is computed yet.
  NetworkSlice(const NetworkData<Real>& data, const DeviceContext& context);

  void set(const Slice& slice);

  /// In place of the second layer's bias, one part (outputs, data.stride) for the origin and each
  /// direction of the slice that is set; forgotten when the next one is.
  void set_second(const std::vector<std::vector<Real>>& parts);

  /// Points anywhere in place of a slice: thetas (points, parameters). For passes whose kernels
  /// take origins of a point's own: loss and gradient. The whole group, of which points are a part,
  /// is always computed, so that the library sees the same shapes.
  void set_points(std::span<const double> thetas, std::int64_t group);

  int axes() const { return axes_; }

  /// The parameters (parameters).
  kernels::Affine<Real> parameter() const { return affine(parameter_, data_.parameters); }

  /// The first layer's pre-activations (outputs, data.stride), bias included.
  kernels::Affine<Real> first() const { return affine(first_, first_size()); }

  bool has_second() const { return has_second_; }

  /// What was given to set_second; null without.
  kernels::Affine<Real> second() const {
    return has_second_ ? affine(second_, 0) : kernels::Affine<Real>{};
  }

 private:
  static constexpr std::size_t most_parts = 3;
  using Parts = std::array<DeviceBuffer<Real>, most_parts>;

  kernels::Affine<Real> affine(const Parts& parts, std::int64_t point_stride) const {
    return {parts[0].data(), axes_ > 0 ? parts[1].data() : nullptr,
            axes_ > 1 ? parts[2].data() : nullptr, own_origins_ ? point_stride : 0};
  }

  std::int64_t first_size() const { return data_.layers.front().outputs * data_.stride; }

  const NetworkData<Real>& data_;
  const DeviceContext& context_;
  int axes_ = 0;
  bool own_origins_ = false;
  bool has_second_ = false;
  Parts parameter_;
  Parts first_;
  Parts second_;
};

}  // namespace convexscan::cuda
