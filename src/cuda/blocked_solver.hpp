// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cuda/device_buffer.hpp"
#include "kernels/blocked_definiteness.hpp"

namespace convexscan::cuda {

/// Proofs of definiteness for matrices that are too large for PackedSolver; see
/// kernels/blocked_definiteness.hpp.
class BlockedSolver {
 public:
  /// Of the current device.
  explicit BlockedSolver(cudaStream_t stream);

  std::int64_t most_rows() const { return most_rows_; }

  /// Makes room for the factors of so many matrices of n rows. Throws OutOfMemory.
  void reserve(std::int64_t n, std::int64_t count);

  /// (count) for those of which (count), as PackedSolver::definiteness; their lower triangles, in
  /// device memory, are left as they are. n at most most_rows().
  std::vector<kernels::Definiteness> definiteness(const double* matrices, std::int64_t n,
                                                  std::span<const std::int32_t> which,
                                                  std::span<const double> bounds,
                                                  std::span<const double> wider);

 private:
  const cudaStream_t stream_;
  const std::int64_t most_rows_;
  DeviceBuffer<double> factors_;  ///< (count, n, n)
  DeviceBuffer<std::int32_t> which_;
  DeviceBuffer<double> bounds_;  ///< (2, count)
  DeviceBuffer<kernels::Definiteness> outcomes_;
};

}  // namespace convexscan::cuda
