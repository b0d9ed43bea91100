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
  own_origins_ = false;
  std::vector<Real> theta(slice.origin.size());
  for (std::size_t j = 0; j <= static_cast<std::size_t>(axes_); ++j) {
    const std::vector<double>& from = j == 0 ? slice.origin : slice.directions[j - 1];
    std::transform(from.begin(), from.end(), theta.begin(),
                   [](double value) { return static_cast<Real>(value); });
    parameter_[j].reserve(data_.parameters);
    parameter_[j].upload(theta, context_.queue());
    multiply_first_layer(j, 1);
  }
}

template <class Real>
void NetworkSlice<Real>::set_points(std::span<const double> thetas, std::int64_t group) {
  axes_ = 0;
  own_origins_ = true;
  std::vector<Real> all(static_cast<std::size_t>(group * data_.parameters), Real(0));
  std::transform(thetas.begin(), thetas.end(), all.begin(),
                 [](double value) { return static_cast<Real>(value); });
  parameter_[0].reserve(group * data_.parameters);
  parameter_[0].upload(all, context_.queue());
  multiply_first_layer(0, group);
}

template <class Real>
void NetworkSlice<Real>::multiply_first_layer(std::size_t j, std::int64_t group) {
  const LayerPlan<Real>& layer = data_.layers.front();
  first_[j].reserve(group * first_size());
  // In column-major terms Zᵀ = Xᵀ·Wᵀ.
  context_.blas.multiply<Real>(
      data_.stride, layer.outputs, layer.inputs, {data_.inputs.data(), data_.stride, 0},
      {parameter_[j].data() + layer.weight, layer.inputs, data_.parameters}, Real(0),
      first_[j].data(), data_.stride, first_size(), group);
  if (layer.bias < 0) return;
  kernels::LayerStep<Real> bias;
  bias.rows = layer.outputs;
  bias.columns = data_.stride;
  bias.bias = parameter_[j].data() + layer.bias;
  bias.bias_stride = data_.parameters;
  kernels::deeper_layer<Real>(bias, group, {first_[j].data(), first_size(), data_.stride}, {},
                              context_.queue());
}

template class NetworkSlice<double>;
template class NetworkSlice<float>;

}  // namespace convexscan::cuda
