// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include "cuda/factor_rows.hpp"
#include "cuda/network_slice.hpp"

namespace convexscan::cuda {

/// Samples whose factors are held at once: a constant, since it shows in the last bits.
inline constexpr std::int64_t factor_samples = 256;

/// The factors of second derivatives for a group of points, block by block of the samples; see
/// kernels/hessian_factors.hpp.
class SampleFactors {
 public:
  /// data and context must outlive it.
  SampleFactors(const NetworkData<double>& data, const DeviceContext& context, const Slice& slice);

  const FactorRows& rows() const { return rows_; }
  const NetworkData<double>& data() const { return data_; }
  const DeviceContext& context() const { return context_; }
  const Slice& slice() const { return slice_; }

  /// Device memory for each point of a group, and what is asked for a group of so many; tangents
  /// are needed for whole Hessians only.
  std::int64_t bytes_per_point(bool tangents) const;
  void reserve(std::int64_t group, bool tangents);

  /// Moves to points (at most a group).
  void set_points(std::span<const double> coordinates, std::int64_t points);
  std::int64_t points() const { return points_; }

  std::int64_t blocks() const { return (data_.samples + factor_samples - 1) / factor_samples; }
  /// Samples of a block that exist.
  std::int64_t samples(const kernels::FactorTask& block) const;

  /// What kernels need for a block of samples; its factors are not computed yet.
  kernels::FactorTask block(std::int64_t index);

 private:
  std::int64_t most_columns() const { return std::min(factor_samples, data_.stride); }

  const NetworkData<double>& data_;
  const DeviceContext& context_;
  const Slice slice_;
  const FactorRows rows_;
  NetworkSlice<double> network_;
  NetworkTask absolute_task_;  ///< with |inputs|
  NetworkData<double> absolute_data_;
  NetworkSlice<double> absolute_;
  DeviceBuffer<kernels::FactorLayer> layers_;
  DeviceBuffer<std::int64_t> nodes_;

  std::int64_t points_ = 0;
  DeviceBuffer<double> coordinates_;
  DeviceBuffer<double> magnitude_coordinates_;
  DeviceBuffer<double> theta_;
  DeviceBuffer<double> magnitude_;
  DeviceBuffer<double> factors_;
  DeviceBuffer<double> tangents_;
  DeviceBuffer<double> sample_errors_;
};

}  // namespace convexscan::cuda
