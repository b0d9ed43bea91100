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
  own_origins_ = false;
  has_second_ = false;
  std::vector<Real> theta(slice.origin.size());
  for (std::size_t j = 0; j <= static_cast<std::size_t>(axes_); ++j) {
    const std::vector<double>& from = j == 0 ? slice.origin : slice.directions[j - 1];
    std::transform(from.begin(), from.end(), theta.begin(),
                   [](double value) { return static_cast<Real>(value); });
    parameter_[j].reserve(data_.parameters);
    parameter_[j].upload(theta, context_.queue());
    first_[j].reserve(first_size());
    first_pre_activations<Real>(data_, context_, parameter_[j].data(), 1, first_[j].data());
  }
}

template <class Real>
void NetworkSlice<Real>::set_second(const std::vector<std::vector<Real>>& parts) {
  has_second_ = true;
  for (std::size_t j = 0; j < parts.size(); ++j) {
    second_[j].reserve(static_cast<std::int64_t>(parts[j].size()));
    second_[j].upload(parts[j], context_.queue());
  }
}

template <class Real>
void NetworkSlice<Real>::set_points(std::span<const double> thetas, std::int64_t group) {
  axes_ = 0;
  own_origins_ = true;
  has_second_ = false;
  std::vector<Real> all(static_cast<std::size_t>(group * data_.parameters), Real(0));
  std::transform(thetas.begin(), thetas.end(), all.begin(),
                 [](double value) { return static_cast<Real>(value); });
  parameter_[0].reserve(group * data_.parameters);
  parameter_[0].upload(all, context_.queue());
  first_[0].reserve(group * first_size());
  first_pre_activations<Real>(data_, context_, parameter_[0].data(), group, first_[0].data());
}

template class NetworkSlice<double>;
template class NetworkSlice<float>;

}  // namespace convexscan::cuda
