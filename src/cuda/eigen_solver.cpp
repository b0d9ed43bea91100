// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/eigen_solver.hpp"

#include <algorithm>

namespace convexscan::cuda {
namespace {

// Our row-major lower triangle is the library's column-major upper one.
constexpr cublasFillMode_t triangle = CUBLAS_FILL_MODE_UPPER;

}  // namespace

EigenSolver::EigenSolver(cudaStream_t stream, std::int64_t most_elements)
    : stream_(stream), most_elements_(most_elements) {}

void EigenSolver::open() {
  if (jacobi_) return;  // the last that is made: lack of memory may have ended an earlier try
  cusolverDnHandle_t handle = nullptr;
  check(cusolver().create(&handle));
  handle_.reset(handle);
  check(cusolver().set_stream(handle, stream_));
  check(cusolver().set_deterministic_mode(handle, CUSOLVER_DETERMINISTIC_RESULTS));
  cusolverDnParams_t parameters = nullptr;
  check(cusolver().create_parameters(&parameters));
  parameters_.reset(parameters);
  syevjInfo_t jacobi = nullptr;
  check(cusolver().create_jacobi(&jacobi));
  jacobi_.reset(jacobi);
}

EigenSolver::Workspace EigenSolver::workspace(const Batch& batch) const {
  Workspace sizes;
  if (batch.n <= most_jacobi) {
    const int n = static_cast<int>(batch.n);
    int doubles = 0;
    check(cusolver().jacobi_workspace(handle_.get(), batch.mode, triangle, n, batch.matrices, n,
                                      batch.values, &doubles, jacobi_.get(),
                                      static_cast<int>(batch.count)));
    sizes.device = static_cast<std::size_t>(doubles) * sizeof(double);
  } else {
    check(cusolver().workspace(handle_.get(), parameters_.get(), batch.mode, triangle, batch.n,
                               CUDA_R_64F, batch.matrices, batch.n, CUDA_R_64F, batch.values,
                               CUDA_R_64F, &sizes.device, &sizes.host, batch.count));
  }
  return sizes;
}

void EigenSolver::solve(const Batch& batch, const Workspace& sizes) {
  device_.reserve(static_cast<std::int64_t>(sizes.device));
  host_.resize(std::max(host_.size(), sizes.host));
  // cuSOLVER 11.7.1 gave wrong vectors, silently, when its workspace did not start as zeros.
  device_.clear(static_cast<std::int64_t>(sizes.device), stream_);
  ++calls_;
  if (batch.n <= most_jacobi) {
    const int n = static_cast<int>(batch.n);
    check(cusolver().solve_jacobi(handle_.get(), batch.mode, triangle, n, batch.matrices, n,
                                  batch.values, reinterpret_cast<double*>(device_.data()),
                                  static_cast<int>(sizes.device / sizeof(double)), batch.failed,
                                  jacobi_.get(), static_cast<int>(batch.count)));
  } else {
    check(cusolver().solve(handle_.get(), parameters_.get(), batch.mode, triangle, batch.n,
                           CUDA_R_64F, batch.matrices, batch.n, CUDA_R_64F, batch.values,
                           CUDA_R_64F, device_.data(), sizes.device, host_.data(), sizes.host,
                           batch.failed, batch.count));
    // The host workspace must outlive the work, and may move when the next call needs more.
    check(cudaStreamSynchronize(stream_));
  }
}

void EigenSolver::solve(double* matrices, std::int64_t n, std::int64_t batch, bool vectors,
                        double* values, int* failed) {
  if (batch == 0 || n == 0) return;
  open();
  // syevjBatched counts its workspace in 32 bits; XsyevBatched refused some 32,000 matrices of
  // three rows as invalid (github.com/mujocolab/mjlab/pull/732).
  constexpr std::int64_t most_at_once = 1 << 13;
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total));
  const std::size_t budget = std::max(free / 2, device_.bytes());
  const auto part = [&](std::int64_t first, std::int64_t count) {
    return Batch{matrices + first * n * n,
                 values + first * n,
                 failed + first,
                 n,
                 std::min(count, batch - first),
                 vectors ? CUSOLVER_EIG_MODE_VECTOR : CUSOLVER_EIG_MODE_NOVECTOR};
  };
  std::int64_t chunk =
      std::clamp<std::int64_t>(most_elements_ / (n * n), 1, std::min(batch, most_at_once));
  while (chunk > 1 && workspace(part(0, chunk)).device > budget) chunk = (chunk + 1) / 2;
  for (std::int64_t first = 0; first < batch; first += chunk) {
    const Batch next = part(first, chunk);
    solve(next, workspace(next));
  }
}

}  // namespace convexscan::cuda
