// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_slice.hpp"

#include <algorithm>

#include "cuda/first_layer.hpp"

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

    first_[j].reserve(layer.outputs * data_.stride);
    first_pre_activations<Real>(data_, context_, parameter_[j].data(), 1, first_[j].data());
  }
}

template class NetworkSlice<double>;
template class NetworkSlice<float>;

}  // namespace convexscan::cuda
