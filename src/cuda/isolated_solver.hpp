// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cpu/isolated_eigenpair.hpp"
#include "cuda/batched_lanczos.hpp"
#include "kernels/isolated_eigenpairs.hpp"

namespace convexscan::cuda {

/// The smallest eigenvalues of many symmetric matrices of one size, alone and proved: what
/// cpu::isolated_smallest does for one, by the same rules. A matrix whose Ritz vector stands out
/// waits for the others of its group.
class IsolatedSolver {
 public:
  IsolatedSolver(std::int64_t n, cudaStream_t stream);

  /// The most rows that suit the current device.
  static std::int64_t most_rows();

  /// Device memory for each matrix besides itself.
  static std::int64_t bytes_per_matrix(std::int64_t n);

  /// Makes room for so many matrices. Throws OutOfMemory.
  void reserve(std::int64_t group);

  /// Eigenpairs of matrices (points, n, n) in device memory, of which the lower triangles are read,
  /// with Frobenius norms (points); accepted (points) as cpu::isolated_smallest takes it. At most
  /// a group. Nothing where λ_min is not isolated enough; the vectors stay on the device.
  std::vector<std::optional<cpu::IsolatedEigenpair>> solve(const double* matrices,
                                                           std::span<const double> norms,
                                                           std::span<const double> accepted);

  /// (points, n) of the last call, of unit length up to rounding.
  const DeviceBuffer<double>& vectors() const { return vectors_; }

 private:
  const std::int64_t n_;
  const cudaStream_t stream_;
  const std::vector<double> start_;
  std::int64_t group_ = 0;
  std::optional<BatchedLanczos> lanczos_;
  DeviceBuffer<double> factors_;  ///< (points, n, n)
  DeviceBuffer<double> vectors_;
  DeviceBuffer<kernels::IsolationStart> starts_;
  DeviceBuffer<kernels::IsolatedPair> pairs_;
};

}  // namespace convexscan::cuda
