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
    : stream_(stream), most_elements_(most_elements) {
  cusolverDnHandle_t handle = nullptr;
  check(cusolverDnCreate(&handle));
  handle_.reset(handle);
  check(cusolverDnSetStream(handle, stream));
  check(cusolverDnSetDeterministicMode(handle, CUSOLVER_DETERMINISTIC_RESULTS));
  cusolverDnParams_t parameters = nullptr;
  check(cusolverDnCreateParams(&parameters));
  parameters_.reset(parameters);
}

EigenSolver::Sizes EigenSolver::workspace(double* matrices, std::int64_t n, std::int64_t batch,
                                          cusolverEigMode_t mode, double* values) const {
  Sizes sizes;
  check(cusolverDnXsyevBatched_bufferSize(handle_.get(), parameters_.get(), mode, triangle, n,
                                          CUDA_R_64F, matrices, n, CUDA_R_64F, values, CUDA_R_64F,
                                          &sizes.device, &sizes.host, batch));
  return sizes;
}

void EigenSolver::solve(double* matrices, std::int64_t n, std::int64_t batch, bool vectors,
                        double* values, int* failed) {
  if (batch == 0 || n == 0) return;
  const auto mode = vectors ? CUSOLVER_EIG_MODE_VECTOR : CUSOLVER_EIG_MODE_NOVECTOR;
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total));
  const std::size_t budget = std::max(free / 2, device_.bytes());
  std::int64_t chunk = std::clamp<std::int64_t>(most_elements_ / (n * n), 1, batch);
  Sizes sizes = workspace(matrices, n, chunk, mode, values);
  while (sizes.device > budget && chunk > 1) {
    chunk = (chunk + 1) / 2;
    sizes = workspace(matrices, n, chunk, mode, values);
  }
  device_.reserve(static_cast<std::int64_t>(sizes.device));
  host_.resize(std::max(host_.size(), sizes.host));
  for (std::int64_t first = 0; first < batch; first += chunk) {
    const std::int64_t count = std::min(chunk, batch - first);
    double* const a = matrices + first * n * n;
    double* const w = values + first * n;
    if (count != chunk) sizes = workspace(a, n, count, mode, w);
    device_.reserve(static_cast<std::int64_t>(sizes.device));
    host_.resize(std::max(host_.size(), sizes.host));
    // cuSOLVER 11.7.1 gave wrong vectors, silently, when its workspace did not start as zeros.
    device_.clear(static_cast<std::int64_t>(sizes.device), stream_);
    check(cusolverDnXsyevBatched(handle_.get(), parameters_.get(), mode, triangle, n, CUDA_R_64F, a,
                                 n, CUDA_R_64F, w, CUDA_R_64F, device_.data(), sizes.device,
                                 host_.data(), sizes.host, failed + first, count));
    ++calls_;
    // The host workspace must outlive the work, and may move when the next call needs more.
    check(cudaStreamSynchronize(stream_));
  }
}

}  // namespace convexscan::cuda
