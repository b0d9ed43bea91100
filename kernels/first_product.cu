// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "kernels/first_product.hpp"

#include "kernels/primitives.cuh"

namespace convexscan::kernels {
namespace {

constexpr int block = 128;

/// One block for each output of each member of the batch.
template <class Real>
__global__ __launch_bounds__(block) void first_product_kernel(FirstProduct<Real> product,
                                                              Real* out) {
  const std::int64_t member = block_index() / product.outputs;
  const std::int64_t row = block_index() % product.outputs;
  const Real* const theta = product.theta + member * product.parameter_stride;
  const Real* const weights = theta + product.weight + row * product.inputs;
  const Real bias = product.bias < 0 ? Real(0) : theta[product.bias + row];
  Real* const to = out + block_index() * product.columns;
  for_each_in_block(product.columns, [&](std::int64_t s) {
    Real sum(0);
    for (std::int64_t k = 0; k < product.inputs; ++k) {
      sum += weights[k] * product.data[k * product.columns + s];
    }
    to[s] = sum + bias;
  });
}

}  // namespace

template <class Real>
void first_product(const FirstProduct<Real>& product, std::int64_t batch, Real* out,
                   cudaStream_t stream) {
  launch(first_product_kernel<Real>, "first_product", batch * product.outputs, block, 0, stream,
         product, out);
}

template void first_product(const FirstProduct<double>&, std::int64_t, double*, cudaStream_t);
template void first_product(const FirstProduct<float>&, std::int64_t, float*, cudaStream_t);

}  // namespace convexscan::kernels
