// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/activation_rate.hpp"

#include "kernels/primitives.cuh"
#include "shared/activations.hpp"

namespace convexscan::kernels {
namespace {

constexpr int block = 256;

/// One thread for each number, which stays in a register; as many warps as fit hide the latency.
template <Activation kind, class Real>
__global__ __launch_bounds__(block) void repeat_activation_kernel(std::int64_t count,
                                                                  std::int64_t repetitions,
                                                                  Real* z) {
  const std::int64_t i = block_index() * block_size() + thread_index();
  if (i >= count) return;
  Real value = z[i];
  for (std::int64_t r = 0; r < repetitions; ++r) {
    value = shared::activation<kind>(value, Real(1)).value;
  }
  z[i] = value;
}

}  // namespace

template <class Real>
void repeat_activation(Activation activation, std::int64_t count, std::int64_t repetitions, Real* z,
                       cudaStream_t stream) {
  shared::with_activation(activation, [&]<Activation kind>() {
    launch(repeat_activation_kernel<kind, Real>, "repeat_activation", (count + block - 1) / block,
           block, 0, stream, count, repetitions, z);
  });
}

template void repeat_activation(Activation, std::int64_t, std::int64_t, double*, cudaStream_t);
template void repeat_activation(Activation, std::int64_t, std::int64_t, float*, cudaStream_t);

}  // namespace convexscan::kernels
