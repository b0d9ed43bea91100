// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/isolated_solver.hpp"

#include <cmath>

#include "cuda/shared_memory.hpp"
#include "shared/isolation_rules.hpp"

namespace convexscan::cuda {
namespace {

cpu::LanczosLimits limits(std::int64_t n) {
  return {.steps = shared::isolation_steps(n), .isolation = shared::isolation};
}

}  // namespace

IsolatedSolver::IsolatedSolver(std::int64_t n, cudaStream_t stream)
    // From the start that the CPU takes.
    : n_(n), stream_(stream), start_(cpu::scattered(n, 1)) {}

std::int64_t IsolatedSolver::most_rows() {
  return kernels::most_isolated_rows(shared_bytes_of_a_block());
}

std::int64_t IsolatedSolver::bytes_per_matrix(std::int64_t n) {
  return BatchedLanczos::bytes_per_point(n, shared::isolation_steps(n)) +
         (n * n + n + 8) * static_cast<std::int64_t>(sizeof(double));
}

void IsolatedSolver::reserve(std::int64_t group) {
  if (group <= group_) return;
  lanczos_.reset();  // the old memory first: the two need not fit together
  group_ = 0;
  factors_.reserve(group * n_ * n_);
  vectors_.reserve(group * n_);
  starts_.reserve(group);
  pairs_.reserve(group);
  lanczos_.emplace(n_, group, limits(n_), stream_);
  group_ = group;
}

std::vector<std::optional<cpu::IsolatedEigenpair>> IsolatedSolver::solve(
    const double* matrices, std::span<const double> norms, std::span<const double> accepted) {
  const auto points = static_cast<std::int64_t>(norms.size());
  reserve(points);
  const std::vector<cpu::RitzPairs> ritz = lanczos_->run(
      [&](const double* vectors, std::int64_t stride, double* products) {
        kernels::symmetric_products(matrices, n_, points, vectors, stride, products, stream_);
      },
      start_, points);
  std::vector<kernels::IsolationStart> starts(norms.size());
  for (std::size_t p = 0; p < starts.size(); ++p) {
    const cpu::RitzPairs& pair = ritz[p];
    if (!shared::is_isolated(pair.smallest, pair.smallest_residual, pair.second)) continue;
    // |fl(Av) − Av| ≤ γ_n|A||v|, and the subtraction's own.
    starts[p] = {shared::deflation(pair.smallest, pair.smallest_residual, pair.largest, norms[p]),
                 shared::gamma_bound(n_ + 4) * norms[p], accepted[p]};
  }
  starts_.upload(starts, stream_);
  kernels::isolate_smallest({matrices, n_, starts_.data(), lanczos_->vectors(0).data(),
                             factors_.data(), pairs_.data(), vectors_.data()},
                            points, stream_);
  std::vector<kernels::IsolatedPair> found(norms.size());
  pairs_.download(found, stream_);
  std::vector<std::optional<cpu::IsolatedEigenpair>> pairs(norms.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    if (std::isnan(found[p].residual)) continue;
    pairs[p] = {.value = found[p].value,
                .vector = {},
                .residual = found[p].residual,
                .second = starts[p].deflation.shift};
  }
  return pairs;
}

}  // namespace convexscan::cuda
