// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/line_losses.hpp"

#include <algorithm>
#include <compare>

#include "cuda/fused_loss_pass.hpp"
#include "cuda/quadratic_losses.hpp"
#include "shared/moved_layers.hpp"

namespace convexscan::cuda {

template <class Real>
std::optional<Lines<Real>> Lines<Real>::of(const MovedTail<Real>& tail) {
  const NetworkData<Real>& data = tail.data();
  const auto found = shared::lines_of(tail.model(), tail.moved());
  // What is affine in the second layer is not looked for in a line's first one.
  if (!found || (tail.slice().has_second() && found->first < 2)) return std::nullopt;
  Lines lines;
  lines.axis = static_cast<int>(found->axis);
  lines.first = found->first;
  std::vector<LayerPlan<Real>> behind(data.layers.begin() + lines.first, data.layers.end());
  lines.quadratic = shared::is_quadratic(behind, data.task.loss);
  for (LayerPlan<Real>& layer : behind) {  // offsets in what GroupWeights holds
    layer.weight -= data.deep_begin();
    if (layer.bias >= 0) layer.bias -= data.deep_begin();
  }
  lines.network = FusedLossPass<Real>::network_for(behind);
  return lines;
}

template <class Real>
std::int64_t LineLosses<Real>::bytes_per_line(const NetworkData<Real>& data,
                                              const Lines<Real>& lines) {
  const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(lines.first)];
  return LossPass<Real>::bytes_per_point(data) +
         2 * layer.outputs * data.stride * static_cast<std::int64_t>(sizeof(Real));
}

template <class Real>
LineLosses<Real>::LineLosses(const PassInput<Real>& input, const Lines<Real>& lines,
                             std::int64_t group)
    : input_(input),
      lines_(lines),
      group_(group),
      tiles_((input.data.samples + kernels::fused_tile<Real> - 1) / kernels::fused_tile<Real>),
      weights_(input.data, input.slice, input.context, group_),
      nodes_(input.data, group_, 1),
      places_(2 * group_),
      z0_(group_ * z_size()),
      z_(group_ * z_size()) {}

/// Z₀ = W(x)·a(x) + b(x) and Z_y = B·a(x) + b_y for one chunk, B and b_y the direction's.
template <class Real>
void LineLosses<Real>::make_products(std::int64_t lines, std::int64_t start, std::int64_t columns) {
  const NetworkData<Real>& data = input_.data;
  const LayerPlan<Real>& layer = data.layers[static_cast<std::size_t>(lines_.first)];
  const kernels::Affine<Real> parameter = input_.slice.parameter();
  const Real* const direction = lines_.axis == 0 ? parameter.x : parameter.y;
  const kernels::Batch<Real> a = nodes_.at(lines_.first, columns);
  const auto make = [&](const Real* weights, std::int64_t stride, const Real* bias, Real* to) {
    const kernels::Batch<Real> z{to + start, layer.outputs * data.stride, data.stride};
    multiply_layer<Real>(input_.context.blas, layer, weights, stride,
                         {{a.data, a.point_stride, a.row_stride}, 0, columns}, {z, 0, columns},
                         Real(0), group_);
    if (layer.bias < 0) return;
    kernels::LayerStep<Real> step;
    step.rows = layer.outputs;
    step.columns = columns;
    step.bias = bias;
    step.bias_stride = stride;
    kernels::deeper_layer<Real>(step, lines, z, {}, input_.context.queue());
  };
  make(weights_.at(layer.weight), weights_.stride(), weights_.at(layer.bias), z0_.data());
  make(direction + layer.weight, 0, direction + layer.bias, z_.data());
}

template <class Real>
void LineLosses<Real>::set_lines(std::span<const double> values) {
  const NetworkData<Real>& data = input_.data;
  const auto count = static_cast<std::int64_t>(values.size());
  std::vector<double> places(2 * values.size(), 0.0);
  const std::size_t across = lines_.axis == 0 ? 1 : 0;
  for (std::size_t k = 0; k < values.size(); ++k) places[2 * k + across] = values[k];
  places_.upload(places, input_.context.queue());
  const kernels::Coordinates coordinates{places_.data(), 2};
  weights_.make(coordinates, count);
  for (std::int64_t chunk = 0; chunk < data.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t columns = data.chunk_columns(chunk);
    for (int l = 0; l < lines_.first; ++l) {
      forward_layer(input_, weights_, coordinates, count, group_, start, columns, l, nodes_);
    }
    make_products(count, start, columns);
  }
}

template <class Real>
kernels::Affine<Real> LineLosses<Real>::along(const Real* origin, const Real* direction) const {
  return lines_.axis == 0 ? kernels::Affine<Real>{origin, direction, nullptr}
                          : kernels::Affine<Real>{origin, nullptr, direction};
}

template <class Real>
void LineLosses<Real>::run(std::span<const double> coordinates, kernels::Coordinates on_device,
                           double* loss, double* accuracy) {
  const auto points = static_cast<std::int64_t>(coordinates.size() / 2);
  const std::int64_t round = std::max<std::int64_t>(1, most_partials / tiles_);
  for (std::int64_t first = 0; first < points; first += round) {
    const std::int64_t count = std::min(round, points - first);
    const std::span<const double> here = coordinates.subspan(static_cast<std::size_t>(2 * first),
                                                             static_cast<std::size_t>(2 * count));
    double* const correct = accuracy == nullptr ? nullptr : accuracy + first;
    if (lines_.quadratic && correct == nullptr) {
      sum_forms(here, loss + first);
    } else {
      sum_samples(here, {on_device.data + 2 * first, 2}, loss + first, correct);
    }
  }
}

/// Calls work(slice_of) when so many lines are ready as are held at once; slice_of (points) says
/// which each point is on, or −1.
template <class Real>
template <class Work>
void LineLosses<Real>::for_each_group(std::span<const double> coordinates, Work&& work) {
  const std::size_t points = coordinates.size() / 2;
  const std::size_t across = lines_.axis == 0 ? 1 : 0;
  const auto group = static_cast<std::size_t>(group_);
  // By bits, so that what is not a number is on a line too.
  const auto before = [](double a, double b) { return std::strong_order(a, b) < 0; };
  std::vector<double> values;
  for (std::size_t p = 0; p < points; ++p) values.push_back(coordinates[2 * p + across]);
  std::ranges::sort(values, before);
  const auto same = [](double a, double b) { return std::strong_order(a, b) == 0; };
  values.erase(std::unique(values.begin(), values.end(), same), values.end());
  std::vector<std::size_t> line;
  for (std::size_t p = 0; p < points; ++p) {
    const auto found = std::ranges::lower_bound(values, coordinates[2 * p + across], before);
    line.push_back(static_cast<std::size_t>(found - values.begin()));
  }
  std::vector<std::int32_t> slice_of(points);
  for (std::size_t first = 0; first < values.size(); first += group) {
    const std::size_t last = std::min(values.size(), first + group);
    set_lines(std::span(values).subspan(first, last - first));
    std::ranges::transform(line, slice_of.begin(), [&](std::size_t l) {
      return l < first || l >= last ? -1 : static_cast<std::int32_t>(l - first);
    });
    work(slice_of, static_cast<std::int64_t>(last - first));
  }
}

template <class Real>
void LineLosses<Real>::sum_forms(std::span<const double> coordinates, double* loss) {
  const cudaStream_t queue = input_.context.queue();
  std::vector<double> losses(coordinates.size() / 2);
  for_each_group(coordinates, [&](std::span<const std::int32_t> slice_of, std::int64_t count) {
    const std::vector<shared::QuadraticLoss> forms =
        quadratic_losses(input_.data, 2, along(z0_.data(), z_.data()), z_size(), count, queue);
    for (std::size_t p = 0; p < losses.size(); ++p) {
      if (slice_of[p] < 0) continue;
      const shared::QuadraticLoss& form = forms[static_cast<std::size_t>(slice_of[p])];
      losses[p] = form.at(&coordinates[2 * p]) / input_.data.loss_divisor();
    }
  });
  copy_to_device<double>(losses, loss, queue);
}

template <class Real>
void LineLosses<Real>::sum_samples(std::span<const double> coordinates,
                                   kernels::Coordinates on_device, double* loss, double* accuracy) {
  const NetworkData<Real>& data = input_.data;
  const cudaStream_t queue = input_.context.queue();
  const auto points = static_cast<std::int64_t>(coordinates.size() / 2);
  partial_.reserve(2 * points * tiles_);
  double* const correct = accuracy == nullptr ? nullptr : partial_.data() + points * tiles_;
  slice_of_.reserve(points);
  for_each_group(coordinates, [&](std::span<const std::int32_t> slice_of, std::int64_t) {
    slice_of_.upload(slice_of, queue);
    const kernels::Affine<Real> parameter = input_.slice.parameter().from(data.deep_begin());
    kernels::FusedSlices<Real> slices;
    slices.parameters =
        along(weights_.at(data.deep_begin()), lines_.axis == 0 ? parameter.x : parameter.y);
    slices.parameters.point_stride = weights_.stride();
    slices.z0 = along(z0_.data(), z_.data());
    slices.z0_stride = data.stride;
    slices.z0_slice_stride = z_size();
    slices.slice_of = slice_of_.data();
    kernels::fused_loss(*lines_.network, slices, data.loss_targets(), on_device, points,
                        {partial_.data(), correct, tiles_}, queue);
  });
  kernels::sum_partials(partial_.data(), tiles_, points, data.loss_divisor(), loss, queue);
  if (accuracy == nullptr) return;
  kernels::sum_partials(correct, tiles_, points, data.accuracy_divisor(), accuracy, queue);
}

template struct Lines<double>;
template struct Lines<float>;
template class LineLosses<double>;
template class LineLosses<float>;

}  // namespace convexscan::cuda
