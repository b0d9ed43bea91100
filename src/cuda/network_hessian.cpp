// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_hessian.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/penalty_curvature.hpp"
#include "kernels/weights.hpp"

namespace convexscan::cuda {
namespace {

using cpu::gamma_bound;

std::vector<cpu::LayerPlan<double>> plans_of(const NetworkData<double>& data) {
  std::vector<cpu::LayerPlan<double>> plans;
  for (const LayerPlan<double>& l : data.layers) {
    plans.push_back({l.inputs, l.outputs, l.weight, l.bias, l.activation, l.slope, l.skip_before,
                     l.skip_after});
  }
  return plans;
}

/// CUDA's erfc, sin and cos may be wrong by more than the C library's: 5, 2 and 2 units in the last
/// place (CUDA C++ Programming Guide, mathematical functions).
cpu::ActivationErrors errors_of(const LayerPlan<double>& layer) {
  cpu::ActivationErrors errors = cpu::activation_errors(layer.activation, layer.slope);
  if (layer.activation == Activation::gelu) {
    errors.value_relative += 10.0;
    errors.first_rounding += 10.0;
  } else if (layer.activation == Activation::sin) {
    errors.value_relative += 4.0;
    errors.first_rounding += 4.0;
    errors.second_rounding += 4.0;
  }
  return errors;
}

std::vector<double> absolute(std::vector<double> values) {
  for (double& value : values) value = std::fabs(value);
  return values;
}

NetworkTask absolute(NetworkTask task) {
  task.inputs = absolute(std::move(task.inputs));
  return task;
}

Slice absolute(Slice slice) {
  slice.origin = absolute(std::move(slice.origin));
  for (std::vector<double>& direction : slice.directions) {
    direction = absolute(std::move(direction));
  }
  return slice;
}

}  // namespace

NetworkHessian::NetworkHessian(const Objective& objective, const NetworkData<double>& data,
                               const DeviceContext& context, const Slice& slice)
    : objective_(objective),
      data_(data),
      context_(context),
      slice_(slice),
      layout_(plans_of(data), objective.subset),
      network_(data, context),
      absolute_task_(absolute(data.task)),
      absolute_data_(absolute_task_, context.queue()),
      absolute_(absolute_data_, context) {
  network_.set(slice);
  absolute_.set(absolute(slice));
  const auto width = [&](int node) { return data_.task.model.width(node); };
  const auto depth = static_cast<int>(data.layers.size());
  for (int node = 0; node <= depth; ++node) {
    host_nodes_.push_back(rows_per_kind_);
    rows_per_kind_ += width(node) + 1;
  }
  const auto tangents_of = [&](int l) { return std::min(most_tangents, width(l + 1)); };
  std::int64_t most = 0;
  for (int l = 0; l < depth; ++l) most = std::max(most, tangents_of(l));
  for (int l = 0; l < depth; ++l) {
    const LayerPlan<double>& plan = data.layers[static_cast<std::size_t>(l)];
    host_layers_.push_back({plan.inputs, plan.outputs, plan.weight, plan.bias, plan.activation,
                            plan.slope, plan.skip_before, plan.skip_after, errors_of(plan),
                            host_nodes_[static_cast<std::size_t>(l + 1)],
                            host_nodes_[static_cast<std::size_t>(l)], tangent_rows_});
    tangent_rows_ += plan.outputs * most;
  }
  plan_rows();
  const cudaStream_t stream = context.queue();
  layers_ = DeviceBuffer<kernels::FactorLayer>(host_layers_, stream);
  nodes_ = DeviceBuffer<std::int64_t>(host_nodes_, stream);
  std::vector<kernels::FactorColumns> columns;
  for (int l = 0; l < depth; ++l) columns.push_back({layout_.layer(l).begin, layout_.layer(l).end});
  columns_ = DeviceBuffer<kernels::FactorColumns>(columns, stream);
  const std::vector<std::int32_t> kept(layout_.kept().begin(), layout_.kept().end());
  kept_ = DeviceBuffer<std::int32_t>(kept, stream);
}

void NetworkHessian::plan_rows() {
  std::vector<kernels::ProductRow> rows;
  for (int l = 0; l < layout_.depth(); ++l) {
    if (layout_.layer(l).empty()) continue;
    for (std::int64_t first = 0; first < layout_.layer(l).outputs; first += most_tangents) {
      plan_chunk(l, first, rows);
    }
  }
  rows_ = DeviceBuffer<kernels::ProductRow>(rows, context_.queue());
}

void NetworkHessian::plan_chunk(int l, std::int64_t first, std::vector<kernels::ProductRow>& rows) {
  const auto whole = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  const cpu::LayerColumns& lower = layout_.layer(l);
  const std::int64_t tangents = std::min(most_tangents, lower.outputs - first);
  const std::int64_t columns = lower.end - lower.begin;
  const auto begin = static_cast<std::int64_t>(rows.size());
  // The last layer's S is diagonal where losses do not couple outputs.
  const bool only_own = l == layout_.depth() - 1 && data_.task.loss != Loss::cross_entropy;
  for (int m = l; m < layout_.depth(); ++m) {
    const cpu::LayerColumns& upper = layout_.layer(m);
    const kernels::FactorLayer& layer = host_layers_[static_cast<std::size_t>(m)];
    const auto add = [&](std::int64_t i, std::int64_t j, std::int64_t t) {
      const std::int64_t k = first + t;
      const bool tangent = m > l && j < upper.inputs;
      const std::int64_t da =
          tangent ? host_layers_[static_cast<std::size_t>(m - 1)].tangent + j * tangents + t : -1;
      rows.push_back({whole(layer.tangent + i * tangents + t), whole(layer.input + j),
                      tangent ? whole(layer.node + i) : -1, whole(da), whole(upper.index(i, j)),
                      whole(lower.offset + k * lower.row_length()), whole(lower.bias_offset + k),
                      // Within a neuron the block is symmetric: (j, p) is (p, j).
                      whole(m == l && i == k ? j - upper.begin + 1 : columns)});
    };
    for (std::int64_t i = m == l ? first : 0; i < upper.outputs; ++i) {
      for (std::int64_t j = upper.begin; j < upper.end; ++j) {
        for (std::int64_t t = 0; t < tangents; ++t) {
          const std::int64_t k = first + t;
          if (m == l && (k > i || (only_own && k != i))) continue;
          add(i, j, t);
        }
      }
    }
  }
  chunks_.push_back(
      {l, first, tangents, begin, static_cast<std::int64_t>(rows.size()) - begin, error_count_});
  error_count_ += layout_.depth() - l;
}

std::int64_t NetworkHessian::bytes_per_point() const {
  const std::int64_t columns = std::min(hessian_samples, data_.stride);
  const std::int64_t kinds = static_cast<std::int64_t>(kernels::Factor::count);
  const std::int64_t tangent_kinds = static_cast<std::int64_t>(kernels::Tangent::count);
  const std::int64_t doubles =
      columns * (kinds * rows_per_kind_ + tangent_kinds * tangent_rows_ + layout_.depth() + 3) +
      2 * data_.parameters + layout_.assembled() * layout_.assembled() + error_count_ + size();
  return doubles * static_cast<std::int64_t>(sizeof(double));
}

void NetworkHessian::reserve(std::int64_t group) {
  const std::int64_t columns = std::min(hessian_samples, data_.stride);
  const std::int64_t kinds = static_cast<std::int64_t>(kernels::Factor::count);
  const std::int64_t tangent_kinds = static_cast<std::int64_t>(kernels::Tangent::count);
  theta_.reserve(group * data_.parameters);
  magnitude_.reserve(group * data_.parameters);
  factors_.reserve(group * kinds * rows_per_kind_ * columns);
  tangents_.reserve(group * tangent_kinds * tangent_rows_ * columns);
  sample_errors_.reserve(group * layout_.depth() * columns);
  errors_.reserve(group * error_count_);
  assembled_.reserve(group * layout_.assembled() * layout_.assembled());
  partial_.reserve(group * 3 * columns);
  if (!objective_.penalty.empty()) diagonal_.reserve(group * size());
}

void NetworkHessian::set_points(std::span<const double> coordinates, std::int64_t points) {
  const cudaStream_t stream = context_.queue();
  points_ = points;
  const int axes = slice_.axes();
  coordinates_.reserve(static_cast<std::int64_t>(coordinates.size()));
  coordinates_.upload(coordinates, stream);
  const std::vector<double> sizes = absolute({coordinates.begin(), coordinates.end()});
  magnitude_coordinates_.reserve(static_cast<std::int64_t>(sizes.size()));
  magnitude_coordinates_.upload(sizes, stream);
  kernels::point_weights(network_.parameter(), {coordinates_.data(), axes}, points,
                         data_.parameters, theta_.data(), stream);
  kernels::point_weights(absolute_.parameter(), {magnitude_coordinates_.data(), axes}, points,
                         data_.parameters, magnitude_.data(), stream);
}

kernels::FactorTask NetworkHessian::factors(std::int64_t block) {
  kernels::FactorTask task;
  task.layers = layers_.data();
  task.depth = layout_.depth();
  task.nodes = nodes_.data();
  task.rows = rows_per_kind_;
  task.tangent_rows = tangent_rows_;
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
  task.start = block * hessian_samples;
  task.columns = std::min(hessian_samples, data_.stride - task.start);
  task.roundings = slice_.axes() + 2;
  return task;
}

std::vector<double> NetworkHessian::assemble(std::span<const double> coordinates,
                                             std::int64_t points) {
  const cudaStream_t stream = context_.queue();
  set_points(coordinates, points);
  const std::int64_t side = layout_.assembled();
  assembled_.clear(points * side * side, stream);
  errors_.clear(points * error_count_, stream);
  for (std::int64_t b = 0; b < blocks(); ++b) {
    const kernels::FactorTask task = factors(b);
    const std::int64_t valid = std::min(task.columns, data_.samples - task.start);
    const double gamma = gamma_bound(kernels::product_depth(valid) + blocks());
    kernels::primal_factors(task, stream);
    for (const Chunk& chunk : chunks_) {
      const cpu::LayerColumns& layer = layout_.layer(chunk.layer);
      kernels::tangent_factors(task, chunk.layer, chunk.first, chunk.tangents, stream);
      kernels::add_block_errors(task, columns_.data(), chunk.layer, chunk.first, chunk.tangents,
                                gamma, errors_.data() + chunk.error, error_count_, stream);
      const kernels::ProductTask products{
          rows_.data() + chunk.rows_begin,
          chunk.rows,
          host_nodes_[static_cast<std::size_t>(chunk.layer)] + layer.begin,
          layer.end - layer.begin,
          layer.has_bias(),
          assembled_.data(),
          side};
      kernels::add_hessian_products(task, products, stream);
    }
  }
  penalise(coordinates, points);
  std::vector<double> errors(static_cast<std::size_t>(points * error_count_));
  errors_.download(errors, stream);
  std::vector<double> bounds;
  for (std::int64_t p = 0; p < points; ++p) {
    bounds.push_back(combined(std::span(errors).subspan(static_cast<std::size_t>(p * error_count_),
                                                        static_cast<std::size_t>(error_count_))));
  }
  return bounds;
}

/// Errors add up over the samples within a block of the matrix, and by squares over its blocks.
double NetworkHessian::combined(std::span<const double> block_errors) const {
  double square = 0.0;
  for (const Chunk& chunk : chunks_) {
    for (int m = chunk.layer; m < layout_.depth(); ++m) {
      const double e = block_errors[static_cast<std::size_t>(chunk.error + m - chunk.layer)];
      square += (m == chunk.layer ? 1.0 : 2.0) * e * e;
    }
  }
  // The few roundings of the scaling and of the bound itself are far below a hundredth of it.
  return 1.01 * std::sqrt(square) / data_.loss_divisor();
}

void NetworkHessian::penalise(std::span<const double> coordinates, std::int64_t points) {
  penalty_errors_.assign(static_cast<std::size_t>(points), 0.0);
  if (objective_.penalty.empty()) return;
  const auto row = static_cast<std::size_t>(size());
  std::vector<double> diagonal(static_cast<std::size_t>(points) * row);
#pragma omp parallel for
  for (std::size_t p = 0; p < penalty_errors_.size(); ++p) {
    const double* const at = coordinates.data() + p * static_cast<std::size_t>(slice_.axes());
    double largest = 0.0;
    for (std::size_t r = 0; r < row; ++r) {
      const cpu::BoundedValue second =
          cpu::penalty_curvature(objective_.penalty, slice_, at, objective_.subset[r]);
      diagonal[p * row + r] = second.value;
      // A NaN on the right is kept.
      largest = second.error <= largest ? largest : second.error;
    }
    penalty_errors_[p] = largest;
  }
  diagonal_.upload(diagonal, context_.queue());
}

kernels::ExtractTask NetworkHessian::extraction(std::int64_t begin, std::int64_t end,
                                                double* matrices) {
  kernels::ExtractTask task;
  task.matrices = assembled_.data();
  task.size = layout_.assembled();
  task.kept = kept_.data() + begin;
  task.count = end - begin;
  task.scale = 1.0 / data_.loss_divisor();
  task.diagonal = objective_.penalty.empty() ? nullptr : diagonal_.data() + begin;
  task.diagonal_stride = size();
  task.out = matrices;
  return task;
}

void NetworkHessian::extract(std::int64_t begin, std::int64_t end, double* matrices, double* norms,
                             double* traces, double* least) {
  kernels::ExtractTask task = extraction(begin, end, matrices);
  task.norms = norms;
  task.traces = traces;
  task.least = least;
  kernels::extract_hessians(task, points_, context_.queue());
}

void NetworkHessian::extract(std::span<const std::int32_t> which, double* matrices) {
  which_.reserve(static_cast<std::int64_t>(which.size()));
  which_.upload(which, context_.queue());
  kernels::ExtractTask task = extraction(0, size(), matrices);
  task.which = which_.data();
  kernels::extract_hessians(task, static_cast<std::int64_t>(which.size()), context_.queue());
}

std::vector<cpu::BoundedValue> NetworkHessian::curvature(std::span<const double> coordinates,
                                                         std::int64_t points,
                                                         std::span<const Directions> directions) {
  const cudaStream_t stream = context_.queue();
  set_points(coordinates, points);
  const auto count = static_cast<std::int64_t>(directions.size());
  forms_.reserve(count * 2 * points);
  forms_.clear(count * 2 * points, stream);
  for (std::int64_t b = 0; b < blocks(); ++b) {
    const kernels::FactorTask task = factors(b);
    kernels::primal_factors(task, stream);
    for (std::int64_t k = 0; k < count; ++k) {
      const Directions& along = directions[static_cast<std::size_t>(k)];
      double* const values = forms_.data() + 2 * k * points;
      kernels::add_directional_curvature(
          task,
          {along.vector, along.magnitude, along.stride, along.roundings, partial_.data(), values,
           values + points, gamma_bound(kernels::sum_depth(task.columns) + blocks())},
          stream);
    }
  }
  std::vector<double> forms(static_cast<std::size_t>(count * 2 * points));
  forms_.download(forms, stream);
  std::vector<cpu::BoundedValue> values;
  for (std::int64_t k = 0; k < count; ++k) {
    for (std::int64_t p = 0; p < points; ++p) {
      const auto at = static_cast<std::size_t>(2 * k * points + p);
      const double value = forms[at] / data_.loss_divisor();
      const double error = forms[at + static_cast<std::size_t>(points)] / data_.loss_divisor();
      values.push_back({value, 1.01 * error + 2.0 * cpu::unit_roundoff * std::fabs(value)});
    }
  }
  return values;
}

}  // namespace convexscan::cuda
