// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/segment_derivatives.hpp"

#include <algorithm>

#include "cuda/first_layer.hpp"
#include "kernels/line_derivatives.hpp"
#include "shared/penalty_sums.hpp"

namespace convexscan::cuda {
namespace {

constexpr int components = kernels::jet_components(1);

template <class Real>
std::int64_t bytes_per_point(const NetworkData<Real>& data) {
  const std::int64_t first = 2 * data.layers.front().outputs * data.stride;
  return NetworkNodes<Real>::bytes_per_point(data, components) +
         (first + 3 * data.parameters) * static_cast<std::int64_t>(sizeof(Real));
}

}  // namespace

template <class Real>
SegmentDerivatives<Real>::SegmentDerivatives(const Objective& objective,
                                             const NetworkData<Real>& data,
                                             const DeviceContext& context)
    : objective_(objective),
      data_(data),
      context_(context),
      group_(points_per_group(bytes_per_point(data))),
      tiles_(data.stride / kernels::loss_tile),
      slice_(data, context),
      input_{data, slice_, context},
      weights_(data, slice_, context, group_),
      nodes_(data, group_, components),
      directions_(group_ * data.parameters),
      z_(group_ * data.layers.front().outputs * data.stride),
      partial_(2 * group_ * tiles_),
      sums_(2 * group_) {}

template <class Real>
void SegmentDerivatives<Real>::set_lines(const Segments& segments, std::span<const double> t,
                                         std::int64_t places, std::int64_t first,
                                         std::int64_t count) {
  const auto parameters = static_cast<std::size_t>(data_.parameters);
  std::vector<double> thetas(static_cast<std::size_t>(count) * parameters);
  // The whole group takes part in the library's products.
  std::vector<Real> directions(static_cast<std::size_t>(group_) * parameters, Real(0));
#pragma omp parallel for
  for (std::int64_t p = 0; p < count; ++p) {
    const std::int64_t segment = (first + p) / places;
    const std::span<const double> from = segments.end(segment, 0);
    const std::span<const double> to = segments.end(segment, 1);
    const double place = t[static_cast<std::size_t>(first + p)];
    const std::size_t begin = static_cast<std::size_t>(p) * parameters;
    for (std::size_t i = 0; i < parameters; ++i) {
      const double direction = to[i] - from[i];
      thetas[begin + i] = from[i] + place * direction;
      directions[begin + i] = static_cast<Real>(direction);
    }
  }
  slice_.set_points(thetas, group_);
  directions_.upload(directions, context_.queue());
  first_pre_activations<Real>(data_, context_, directions_.data(), group_, z_.data());
}

template <class Real>
void SegmentDerivatives<Real>::run(std::int64_t count) {
  const std::int64_t first_size = data_.layers.front().outputs * data_.stride;
  JetAxes<Real> lines{1, directions_.data(), nullptr, data_.parameters, slice_.first(), first_size};
  lines.first.x = z_.data();
  const kernels::Coordinates here;  // at 0 of every line
  weights_.make(here, count);
  for (std::int64_t chunk = 0; chunk < data_.chunks(); ++chunk) {
    const std::int64_t start = chunk * sample_chunk;
    const std::int64_t columns = data_.chunk_columns(chunk);
    forward_jets(input_, weights_, lines, here, count, group_, start, columns, nodes_);
    const kernels::Batch<Real> z = nodes_.at(static_cast<int>(data_.layers.size()), columns);
    kernels::line_derivative_partials<Real>(data_.loss_targets(), read_only(z), start, columns,
                                            count, tiles_, partial_.data(), context_.queue());
  }
  kernels::sum_partials(partial_.data(), tiles_, 2 * count, data_.loss_divisor(), sums_.data(),
                        context_.queue());
}

template <class Real>
std::vector<double> SegmentDerivatives<Real>::at(const Segments& segments,
                                                 std::span<const double> t) {
  const auto points = static_cast<std::int64_t>(t.size());
  const std::int64_t places = points / std::max<std::int64_t>(1, segments.count());
  std::vector<double> derivatives(2 * t.size());
  for (std::int64_t first = 0; first < points; first += group_) {
    const std::int64_t count = std::min(group_, points - first);
    set_lines(segments, t, places, first, count);
    run(count);
    std::vector<double> sums(static_cast<std::size_t>(2 * count));
    sums_.download(sums, context_.queue());
    for (std::int64_t p = 0; p < count; ++p) {
      const auto i = static_cast<std::size_t>(p);
      const auto to = static_cast<std::size_t>(2 * (first + p));
      derivatives[to] = sums[i];
      derivatives[to + 1] = sums[i + static_cast<std::size_t>(count)];
    }
  }
  if (objective_.penalty.empty()) return derivatives;
#pragma omp parallel for
  for (std::int64_t p = 0; p < points; ++p) {
    const auto i = static_cast<std::size_t>(p);
    const shared::PenaltyJet jet =
        shared::penalty_jet(objective_.penalty, segments.slice(p / places), &t[i]);
    derivatives[2 * i] += jet.slope[0];
    derivatives[2 * i + 1] += jet.curvature[0];
  }
  return derivatives;
}

template class SegmentDerivatives<double>;
template class SegmentDerivatives<float>;

}  // namespace convexscan::cuda
