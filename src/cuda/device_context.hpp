// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cuda/blas.hpp"

namespace convexscan::cuda {

/// What everything on one device shares: the stream that its work is queued on, in order, and the
/// libraries bound to it.
struct DeviceContext {
  DeviceContext() : stream(make_stream()), blas(stream.get()) {}

  cudaStream_t queue() const { return stream.get(); }

  Stream stream;
  Blas blas;
};

}  // namespace convexscan::cuda
