// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "cuda/device_buffer.hpp"
#include "cuda/owned.hpp"

namespace convexscan::cuda {

/// Spectra of many symmetric matrices of one size: cusolverDnXsyevBatched.
class EigenSolver {
 public:
  /// most_elements bounds the elements of one call: the library counts them in 32 bits.
  explicit EigenSolver(cudaStream_t stream,
                       std::int64_t most_elements = std::numeric_limits<std::int32_t>::max());

  /// Eigenvalues (batch, n), ascending, from the lower triangles of row-major matrices
  /// (batch, n, n), which are destroyed; with vectors, row k becomes the eigenvector of value k.
  /// failed (batch) is not 0 where a matrix did not converge: its numbers mean nothing. All in
  /// device memory. Throws OutOfMemory when the workspace for one matrix does not fit.
  void solve(double* matrices, std::int64_t n, std::int64_t batch, bool vectors, double* values,
             int* failed);

  /// Calls of the library so far.
  std::int64_t calls() const { return calls_; }

 private:
  struct Sizes {
    std::size_t device = 0;
    std::size_t host = 0;
  };
  Sizes workspace(double* matrices, std::int64_t n, std::int64_t batch, cusolverEigMode_t mode,
                  double* values) const;

  const cudaStream_t stream_;
  const std::int64_t most_elements_;
  SolverHandle handle_;
  SolverParameters parameters_;
  DeviceBuffer<std::byte> device_;
  std::vector<std::byte> host_;
  std::int64_t calls_ = 0;
};

}  // namespace convexscan::cuda
