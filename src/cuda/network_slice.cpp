// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_slice.hpp"

#include <algorithm>

#include "kernels/layers.hpp"

namespace convexscan::cuda {

template <class Real>
NetworkSlice<Real>::NetworkSlice(const NetworkData<Real>& data, const DeviceContext& context)
    : data_(data), context_(context) {}

template <class Real>
void NetworkSlice<Real>::set(const Slice& slice) {
  axes_ = slice.axes();
  const LayerPlan<Real>& layer = data_.layers.front();
  std::vector<Real> theta(slice.origin.size());
  for (std::size_t j = 0; j <= static_cast<std::size_t>(axes_); ++j) {
    const std::vector<double>& from = j == 0 ? slice.origin : slice.directions[j - 1];
    std::transform(from.begin(), from.end(), theta.begin(),
                   [](double value) { return static_cast<Real>(value); });
    parameter_[j].reserve(data_.parameters);
    parameter_[j].upload(theta, context_.queue());

    // Z = W·X + b; in column-major terms Zᵀ = Xᵀ·Wᵀ.
    first_[j].reserve(layer.outputs * data_.stride);
    context_.blas.multiply<Real>(data_.stride, layer.outputs, layer.inputs,
                                 {data_.inputs.data(), data_.stride, 0},
                                 {parameter_[j].data() + layer.weight, layer.inputs, 0}, Real(0),
                                 first_[j].data(), data_.stride, 0, 1);
    if (layer.bias >= 0) {
      kernels::LayerStep<Real> bias;
      bias.rows = layer.outputs;
      bias.columns = data_.stride;
      bias.bias = parameter_[j].data() + layer.bias;
      kernels::deeper_layer<Real>(bias, 1, {first_[j].data(), 0, data_.stride}, {},
                                  context_.queue());
    }
  }
}

template class NetworkSlice<double>;
template class NetworkSlice<float>;

}  // namespace convexscan::cuda
