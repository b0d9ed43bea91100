// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/blocked_solver.hpp"

#include "cuda/shared_memory.hpp"

namespace convexscan::cuda {

BlockedSolver::BlockedSolver(cudaStream_t stream)
    : stream_(stream), most_rows_(kernels::most_blocked_rows(shared_bytes_of_a_block())) {}

void BlockedSolver::reserve(std::int64_t n, std::int64_t count) { factors_.reserve(count * n * n); }

std::vector<kernels::Definiteness> BlockedSolver::definiteness(const double* matrices,
                                                               std::int64_t n,
                                                               std::span<const std::int32_t> which,
                                                               std::span<const double> bounds,
                                                               std::span<const double> wider) {
  const auto count = static_cast<std::int64_t>(which.size());
  reserve(n, count);
  which_.reserve(count);
  which_.upload(which, stream_);
  std::vector<double> both(bounds.begin(), bounds.end());
  both.insert(both.end(), wider.begin(), wider.end());
  bounds_.reserve(2 * count);
  bounds_.upload(both, stream_);
  outcomes_.reserve(count);
  kernels::blocked_definiteness({matrices, n, which_.data(), count}, bounds_.data(),
                                bounds_.data() + count, factors_.data(), outcomes_.data(), stream_);
  std::vector<kernels::Definiteness> outcomes(which.size());
  outcomes_.download(outcomes, stream_);
  return outcomes;
}

}  // namespace convexscan::cuda
