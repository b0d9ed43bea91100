// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/first_layer.hpp"

#include "kernels/first_product.hpp"
#include "kernels/layers.hpp"

namespace convexscan::cuda {

template <class Real>
void first_pre_activations(const NetworkData<Real>& data, const DeviceContext& context,
                           const Real* theta, std::int64_t batch, Real* z) {
  const LayerPlan<Real>& layer = data.layers.front();
  if (layer.inputs <= kernels::most_small_inputs) {
    kernels::first_product<Real>({layer.inputs, layer.outputs, data.stride, data.inputs.data(),
                                  theta, data.parameters, layer.weight, layer.bias},
                                 batch, z, context.queue());
    return;
  }
  // One call for each member, from one place: what the library chooses may depend on how many there
  // are and on how they are aligned.
  DeviceBuffer<Real> weights(layer.outputs * layer.inputs);
  for (std::int64_t k = 0; k < batch; ++k) {
    const Real* const own = theta + k * data.parameters;
    Real* const to = z + k * layer.outputs * data.stride;
    check(cudaMemcpyAsync(weights.data(), own + layer.weight, weights.bytes(),
                          cudaMemcpyDeviceToDevice, context.queue()));
    // Z = W·X; in column-major terms Zᵀ = Xᵀ·Wᵀ.
    context.blas.multiply<Real>(data.stride, layer.outputs, layer.inputs,
                                {data.inputs.data(), data.stride, 0},
                                {weights.data(), layer.inputs, 0}, Real(0), to, data.stride, 0, 1);
    if (layer.bias < 0) continue;
    kernels::LayerStep<Real> bias;
    bias.rows = layer.outputs;
    bias.columns = data.stride;
    bias.bias = own + layer.bias;
    kernels::deeper_layer<Real>(bias, 1, {to, 0, data.stride}, {}, context.queue());
  }
}

template void first_pre_activations(const NetworkData<double>&, const DeviceContext&, const double*,
                                    std::int64_t, double*);
template void first_pre_activations(const NetworkData<float>&, const DeviceContext&, const float*,
                                    std::int64_t, float*);

}  // namespace convexscan::cuda
