// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/packed_solver.hpp"

#include "cuda/shared_memory.hpp"

namespace convexscan::cuda {

PackedSolver::PackedSolver(cudaStream_t stream)
    : stream_(stream), most_rows_(kernels::most_packed_rows(shared_bytes_of_a_block())) {}

std::vector<kernels::PackedSpectrum> PackedSolver::spectra(const kernels::SymmetricBatch& batch,
                                                           std::span<const double> thresholds,
                                                           double* vectors) {
  std::vector<kernels::PackedSpectrum> spectra(thresholds.size());
  bounds_.reserve(batch.count);
  bounds_.upload(thresholds, stream_);
  spectra_.reserve(batch.count);
  kernels::packed_spectra(batch, bounds_.data(), spectra_.data(), vectors, stream_);
  spectra_.download(spectra, stream_);
  return spectra;
}

std::vector<kernels::PackedSpectrum> PackedSolver::spectra(const double* matrices, std::int64_t n,
                                                           std::span<const double> thresholds,
                                                           double* vectors) {
  const auto count = static_cast<std::int64_t>(thresholds.size());
  return spectra({matrices, n, nullptr, count}, thresholds, vectors);
}

std::vector<kernels::PackedSpectrum> PackedSolver::spectra(const double* matrices, std::int64_t n,
                                                           std::span<const std::int32_t> which,
                                                           std::span<const double> thresholds) {
  const auto count = static_cast<std::int64_t>(which.size());
  which_.reserve(count);
  which_.upload(which, stream_);
  return spectra({matrices, n, which_.data(), count}, thresholds, nullptr);
}

std::vector<kernels::Definiteness> PackedSolver::definiteness(const double* matrices,
                                                              std::int64_t n,
                                                              std::span<const std::int32_t> which,
                                                              std::span<const double> bounds,
                                                              std::span<const double> wider) {
  const auto count = static_cast<std::int64_t>(which.size());
  which_.reserve(count);
  which_.upload(which, stream_);
  std::vector<double> both(bounds.begin(), bounds.end());
  both.insert(both.end(), wider.begin(), wider.end());
  bounds_.reserve(2 * count);
  bounds_.upload(both, stream_);
  outcomes_.reserve(count);
  kernels::packed_definiteness({matrices, n, which_.data(), count}, bounds_.data(),
                               bounds_.data() + count, outcomes_.data(), stream_);
  std::vector<kernels::Definiteness> outcomes(which.size());
  outcomes_.download(outcomes, stream_);
  return outcomes;
}

}  // namespace convexscan::cuda
