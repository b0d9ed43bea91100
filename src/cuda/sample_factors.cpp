// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/sample_factors.hpp"

#include <algorithm>

#include "cuda/magnitudes.hpp"
#include "kernels/weights.hpp"

namespace convexscan::cuda {
namespace {

NetworkTask absolute(NetworkTask task) {
  task.inputs = magnitudes(std::move(task.inputs));
  return task;
}

Slice absolute(Slice slice) {
  slice.origin = magnitudes(std::move(slice.origin));
  for (std::vector<double>& direction : slice.directions) {
    direction = magnitudes(std::move(direction));
  }
  return slice;
}

}  // namespace

SampleFactors::SampleFactors(const NetworkData<double>& data, const DeviceContext& context,
                             const Slice& slice)
    : data_(data),
      context_(context),
      slice_(slice),
      rows_(data),
      network_(data, context),
      absolute_task_(absolute(data.task)),
      absolute_data_(absolute_task_, context.queue()),
      absolute_(absolute_data_, context),
      layers_(rows_.layers, context.queue()),
      nodes_(rows_.nodes, context.queue()) {
  network_.set(slice);
  absolute_.set(absolute(slice));
}

std::int64_t SampleFactors::bytes_per_point(bool tangents) const {
  constexpr auto kinds = static_cast<std::int64_t>(kernels::Factor::count);
  constexpr auto tangent_kinds = static_cast<std::int64_t>(kernels::Tangent::count);
  std::int64_t rows = kinds * rows_.count;
  if (tangents) rows += tangent_kinds * rows_.tangents + static_cast<int>(rows_.layers.size());
  return (most_columns() * rows + 2 * data_.parameters) * static_cast<std::int64_t>(sizeof(double));
}

void SampleFactors::reserve(std::int64_t group, bool tangents) {
  constexpr auto kinds = static_cast<std::int64_t>(kernels::Factor::count);
  constexpr auto tangent_kinds = static_cast<std::int64_t>(kernels::Tangent::count);
  theta_.reserve(group * data_.parameters);
  magnitude_.reserve(group * data_.parameters);
  factors_.reserve(group * kinds * rows_.count * most_columns());
  if (!tangents) return;
  tangents_.reserve(group * tangent_kinds * rows_.tangents * most_columns());
  sample_errors_.reserve(group * static_cast<std::int64_t>(rows_.layers.size()) * most_columns());
}

void SampleFactors::set_points(std::span<const double> coordinates, std::int64_t points) {
  const cudaStream_t stream = context_.queue();
  points_ = points;
  const int axes = slice_.axes();
  coordinates_.reserve(static_cast<std::int64_t>(coordinates.size()));
  coordinates_.upload(coordinates, stream);
  const std::vector<double> sizes = magnitudes({coordinates.begin(), coordinates.end()});
  magnitude_coordinates_.reserve(static_cast<std::int64_t>(sizes.size()));
  magnitude_coordinates_.upload(sizes, stream);
  kernels::point_weights(network_.parameter(), {coordinates_.data(), axes}, points,
                         data_.parameters, theta_.data(), stream);
  kernels::point_weights(absolute_.parameter(), {magnitude_coordinates_.data(), axes}, points,
                         data_.parameters, magnitude_.data(), stream);
}

std::int64_t SampleFactors::samples(const kernels::FactorTask& block) const {
  return std::min(block.columns, data_.samples - block.start);
}

kernels::FactorTask SampleFactors::block(std::int64_t index) {
  kernels::FactorTask task;
  task.layers = layers_.data();
  task.depth = static_cast<int>(rows_.layers.size());
  task.nodes = nodes_.data();
  task.rows = rows_.count;
  task.tangent_rows = rows_.tangents;
  task.factors = factors_.data();
  task.tangents = tangents_.data();
  task.sample_errors = sample_errors_.data();
  task.theta = theta_.data();
  task.magnitude = magnitude_.data();
  task.parameters = data_.parameters;
  task.z0 = network_.first();
  task.z0_magnitude = absolute_.first();
  task.z0_stride = data_.stride;
  task.inputs = data_.inputs.data();
  task.targets = data_.loss_targets();
  task.coordinates = {coordinates_.data(), slice_.axes()};
  task.magnitudes = {magnitude_coordinates_.data(), slice_.axes()};
  task.points = points_;
  task.start = index * factor_samples;
  task.columns = std::min(factor_samples, data_.stride - task.start);
  task.roundings = slice_.axes() + 2;
  return task;
}

}  // namespace convexscan::cuda
