// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cuda/device_buffer.hpp"
#include "kernels/packed_spectra.hpp"

namespace convexscan::cuda {

/// Ends of spectra, counts and proofs of definiteness for matrices that fit into the memory of one
/// processor; see kernels/packed_spectra.hpp.
class PackedSolver {
 public:
  /// Of the current device.
  explicit PackedSolver(cudaStream_t stream);

  std::int64_t most_rows() const { return most_rows_; }

  /// (points) from the lower triangles of matrices (points, n, n), which are left as they are, and
  /// thresholds (points). vectors (points, n) of the smallest eigenvalues may be null. Matrices and
  /// vectors are in device memory. n at most most_rows().
  std::vector<kernels::PackedSpectrum> spectra(const double* matrices, std::int64_t n,
                                               std::span<const double> thresholds, double* vectors);

  /// The same for those of which (count) alone, with thresholds (count).
  std::vector<kernels::PackedSpectrum> spectra(const double* matrices, std::int64_t n,
                                               std::span<const std::int32_t> which,
                                               std::span<const double> thresholds);

  /// (count), from bounds and wider (count) as kernels::packed_definiteness takes them.
  std::vector<kernels::Definiteness> definiteness(const double* matrices, std::int64_t n,
                                                  std::span<const std::int32_t> which,
                                                  std::span<const double> bounds,
                                                  std::span<const double> wider);

 private:
  std::vector<kernels::PackedSpectrum> spectra(const kernels::SymmetricBatch& batch,
                                               std::span<const double> thresholds, double* vectors);

  const cudaStream_t stream_;
  const std::int64_t most_rows_;
  DeviceBuffer<std::int32_t> which_;
  DeviceBuffer<double> bounds_;  ///< (2, count)
  DeviceBuffer<kernels::PackedSpectrum> spectra_;
  DeviceBuffer<kernels::Definiteness> outcomes_;
};

}  // namespace convexscan::cuda
