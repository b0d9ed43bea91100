// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/network_slice.hpp"

#include <algorithm>
#include <atomic>
#include <type_traits>

#include "cpu/blas.hpp"

namespace convexscan::cpu {

template <class Real>
NetworkData<Real>::NetworkData(const NetworkTask& task_)
    : task(task_),
      layers(shared::layer_plans<Real>(task_.model)),
      samples(task_.samples),
      stride((task_.samples + tile_samples - 1) / tile_samples * tile_samples) {
  const Model& model = task.model;
  const auto transposed = [&](const std::vector<double>& rows, std::int64_t width) {
    Aligned<Real> columns(static_cast<std::size_t>(width * stride), Real(0));
    for (std::int64_t s = 0; s < samples; ++s) {
      for (std::int64_t i = 0; i < width; ++i) {
        columns[static_cast<std::size_t>(i * stride + s)] =
            static_cast<Real>(rows[static_cast<std::size_t>(s * width + i)]);
      }
    }
    return columns;
  };
  inputs = transposed(task.inputs, model.inputs());
  if (!task.targets.empty()) targets = transposed(task.targets, model.outputs());
}

template <class Real>
NetworkSlice<Real>::NetworkSlice(const NetworkData<Real>& data_, const Slice& slice)
    : data(data_), axes(slice.axes()), parameters(slice.parameter_count()) {
  for (int j = 0; j <= axes; ++j) {
    take(j == 0 ? slice.origin : slice.directions[static_cast<std::size_t>(j - 1)], j);
  }
}

template <class Real>
void NetworkSlice<Real>::take(const std::vector<double>& from, int j) {
  static std::atomic<std::uint64_t> identities = 0;
  identity = ++identities;
  const LayerPlan<Real>& layer = data.layers.front();
  auto& theta = parameter[static_cast<std::size_t>(j)];
  theta.resize(from.size());
  std::transform(from.begin(), from.end(), theta.begin(),
                 [](double value) { return static_cast<Real>(value); });

  // Z = W·X + b
  auto& z = first[static_cast<std::size_t>(j)];
  z.resize(static_cast<std::size_t>(layer.outputs * data.stride));
  for (std::int64_t o = 0; o < layer.outputs; ++o) {
    const Real b = layer.bias < 0 ? Real(0) : theta[static_cast<std::size_t>(layer.bias + o)];
    std::fill_n(z.begin() + o * data.stride, data.stride, b);
  }
  add_matrix_product(layer.outputs, data.stride, layer.inputs, theta.data() + layer.weight,
                     layer.inputs, data.inputs.data(), data.stride, z.data(), data.stride);
}

template <class Real>
void NetworkSlice<Real>::weights_at(const double* coordinates, std::int64_t begin,
                                    Real* weights) const {
  const std::int64_t count = parameters - begin;
  const Real* origin = parameter[0].data() + begin;
  const Real x = axes > 0 ? static_cast<Real>(coordinates[0]) : Real(0);
  const Real y = axes > 1 ? static_cast<Real>(coordinates[1]) : Real(0);
  const Real* direction_x = (axes > 0 ? parameter[1] : parameter[0]).data() + begin;
  const Real* direction_y = (axes > 1 ? parameter[2] : parameter[0]).data() + begin;
  if (axes == 0) {
    std::copy_n(origin, count, weights);
  } else if (axes == 1) {
    for (std::int64_t i = 0; i < count; ++i) weights[i] = origin[i] + x * direction_x[i];
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      weights[i] = origin[i] + x * direction_x[i] + y * direction_y[i];
    }
  }
}

template struct NetworkData<double>;
template struct NetworkData<float>;
template struct NetworkSlice<double>;
template struct NetworkSlice<float>;

}  // namespace convexscan::cpu
