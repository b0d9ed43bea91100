// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_data.hpp"

#include <algorithm>

#include "shared/loss_divisor.hpp"

namespace convexscan::cuda {
namespace {

/// (samples, width) to (width, stride), zeros behind.
template <class Real>
std::vector<Real> transposed(const std::vector<double>& rows, std::int64_t samples,
                             std::int64_t width, std::int64_t stride) {
  std::vector<Real> columns(static_cast<std::size_t>(width * stride), Real(0));
  for (std::int64_t s = 0; s < samples; ++s) {
    for (std::int64_t i = 0; i < width; ++i) {
      columns[static_cast<std::size_t>(i * stride + s)] =
          static_cast<Real>(rows[static_cast<std::size_t>(s * width + i)]);
    }
  }
  return columns;
}

}  // namespace

template <class Real>
NetworkData<Real>::NetworkData(const NetworkTask& task_, cudaStream_t stream)
    : task(task_),
      layers(shared::layer_plans<Real>(task_.model)),
      parameters(task_.model.parameter_count()),
      samples(task_.samples),
      stride((task_.samples + kernels::loss_tile - 1) / kernels::loss_tile * kernels::loss_tile),
      labels(task_.labels, stream) {
  const Model& model = task.model;
  inputs =
      DeviceBuffer<Real>(transposed<Real>(task.inputs, samples, model.inputs(), stride), stream);
  if (!task.targets.empty()) {
    targets = DeviceBuffer<Real>(transposed<Real>(task.targets, samples, model.outputs(), stride),
                                 stream);
  }
}

template <class Real>
kernels::Targets<Real> NetworkData<Real>::loss_targets() const {
  return {task.loss, task.accuracy, task.model.outputs(), task.output,
          samples,   stride,        targets.data(),       labels.data()};
}

template <class Real>
double NetworkData<Real>::loss_divisor() const {
  return shared::loss_divisor(task);
}

template <class Real>
double NetworkData<Real>::accuracy_divisor() const {
  const auto outputs = static_cast<double>(task.model.outputs());
  return static_cast<double>(samples) * (task.accuracy == Accuracy::sign_of_output ? outputs : 1.0);
}

template <class Real>
std::int64_t NetworkData<Real>::chunk_columns(std::int64_t chunk) const {
  return std::min(sample_chunk, stride - chunk * sample_chunk);
}

template struct NetworkData<double>;
template struct NetworkData<float>;

}  // namespace convexscan::cuda
