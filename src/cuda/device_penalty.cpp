// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/device_penalty.hpp"

namespace convexscan::cuda {

DevicePenalty::DevicePenalty(const Objective& objective, const Slice& slice, cudaStream_t stream)
    : parameters_(slice.parameter_count()),
      terms_(objective.penalty.terms, stream),
      centre_(objective.penalty.centre, stream),
      subset_(objective.subset, stream) {
  theta_[0] = DeviceBuffer<double>(slice.origin, stream);
  for (std::size_t j = 0; j < slice.directions.size(); ++j) {
    theta_[j + 1] = DeviceBuffer<double>(slice.directions[j], stream);
  }
}

kernels::Affine<double> DevicePenalty::theta() const {
  return {theta_[0].data(), theta_[1].data(), theta_[2].data()};
}

kernels::PenaltyTask DevicePenalty::task() const {
  return {terms_.data(), terms_.size(), centre_.data(), theta(), parameters_};
}

}  // namespace convexscan::cuda
