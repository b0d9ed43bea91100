// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "cuda/check.hpp"

namespace convexscan::cuda {

/// The most shared memory that a block may ask for on the current device.
inline std::size_t shared_bytes_of_a_block() {
  int device = 0;
  check(cudaGetDevice(&device));
  int most = 0;
  check(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  return static_cast<std::size_t>(most);
}

}  // namespace convexscan::cuda
