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

/// Spectra of many symmetric matrices of one size: cusolverDnXsyevBatched, or up to most_jacobi
/// rows cusolverDnDsyevjBatched, which was measured to be the faster of the two there (A100, 256
/// matrices of 32 rows with vectors: 0.38 ms against 0.69 ms, tenferro-rs pull request 1852).
inline constexpr std::int64_t most_jacobi = 32;

class EigenSolver {
 public:
  /// most_elements bounds the elements of one call: the library may count their bytes in 32 bits.
  explicit EigenSolver(cudaStream_t stream,
                       std::int64_t most_elements = std::numeric_limits<std::int32_t>::max() /
                                                    std::int64_t{sizeof(double)});

  /// Eigenvalues (batch, n), ascending, from the lower triangles of row-major matrices
  /// (batch, n, n), which are destroyed; with vectors, row k becomes the eigenvector of value k.
  /// failed (batch) is not 0 where a matrix did not converge: its numbers mean nothing. All in
  /// device memory. Throws OutOfMemory when the workspace for one matrix does not fit.
  void solve(double* matrices, std::int64_t n, std::int64_t batch, bool vectors, double* values,
             int* failed);

  /// Calls of the library so far.
  std::int64_t calls() const { return calls_; }

 private:
  /// One call of the library: count matrices of n rows.
  struct Batch {
    double* matrices;
    double* values;
    int* failed;
    std::int64_t n;
    std::int64_t count;
    cusolverEigMode_t mode;
  };
  struct Workspace {
    std::size_t device = 0;  ///< bytes
    std::size_t host = 0;
  };
  /// Makes the library's handle, which takes memory and time, when it is first needed.
  void open();
  Workspace workspace(const Batch& batch) const;
  void solve(const Batch& batch, const Workspace& sizes);

  const cudaStream_t stream_;
  const std::int64_t most_elements_;
  SolverHandle handle_;
  SolverParameters parameters_;
  JacobiParameters jacobi_;
  DeviceBuffer<std::byte> device_;
  std::vector<std::byte> host_;
  std::int64_t calls_ = 0;
};

}  // namespace convexscan::cuda
