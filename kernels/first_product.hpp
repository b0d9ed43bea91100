// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

/// The first layer's products with the data, for every one of a batch of weights.
namespace convexscan::kernels {

/// Inputs up to which this kernel is used; with more of them the library's products pay off.
inline constexpr std::int64_t most_small_inputs = 64;

template <class Real>
struct FirstProduct {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t columns = 0;     ///< samples
  const Real* data = nullptr;   ///< (inputs, columns)
  const Real* theta = nullptr;  ///< parameters of the first member, parameter_stride apart
  std::int64_t parameter_stride = 0;
  std::int64_t weight = 0;  ///< offset of W in the parameters
  std::int64_t bias = -1;   ///< offset of b, or −1
};

/// out (batch, outputs, columns) = W·data + b, each sum in the order of the inputs: the same bits
/// whatever the batch.
template <class Real>
void first_product(const FirstProduct<Real>& product, std::int64_t batch, Real* out,
                   cudaStream_t stream);

}  // namespace convexscan::kernels
