// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>

#include "convexscan/objective.hpp"
#include "convexscan/slice.hpp"
#include "cuda/device_buffer.hpp"
#include "kernels/penalties.hpp"

namespace convexscan::cuda {

/// An objective's penalty and scanned parameters along a slice, in device memory.
class DevicePenalty {
 public:
  DevicePenalty(const Objective& objective, const Slice& slice, cudaStream_t stream);

  /// Valid while this lives.
  kernels::PenaltyTask task() const;

  /// The slice's parameters in double, for penalty or not.
  kernels::Affine<double> theta() const;

  const std::int64_t* subset() const { return subset_.data(); }
  std::int64_t subset_size() const { return subset_.size(); }

 private:
  std::int64_t parameters_;
  DeviceBuffer<PenaltyTerm> terms_;
  DeviceBuffer<double> centre_;
  DeviceBuffer<std::int64_t> subset_;
  std::array<DeviceBuffer<double>, 3> theta_;
};

}  // namespace convexscan::cuda
