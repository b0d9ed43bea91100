// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/segment_losses.hpp"

#include <algorithm>

#include "convexscan/backend.hpp"
#include "cuda/device_penalty.hpp"
#include "cuda/first_layer.hpp"

namespace convexscan::cuda {
namespace {

/// Partial sums and numbers of segments that are held at once: bounds of memory, which no bit
/// depends on.
constexpr std::int64_t most_partials = std::int64_t{1} << 23;
constexpr std::int64_t most_numbers = std::int64_t{1} << 26;

}  // namespace

template <class Real>
SegmentLosses<Real>::SegmentLosses(const Objective& objective, const NetworkData<Real>& data,
                                   const DeviceContext& context,
                                   const kernels::FusedNetwork<Real>& network)
    : objective_(objective),
      data_(data),
      context_(context),
      network_(network),
      tiles_((data.samples + kernels::fused_tile<Real> - 1) / kernels::fused_tile<Real>) {}

template <class Real>
void SegmentLosses<Real>::reserve(std::int64_t batch, std::int64_t places) {
  const std::int64_t first = data_.layers.front().outputs * data_.stride;
  origins_.reserve(batch * data_.parameters);
  directions_.reserve(batch * data_.parameters);
  z0_.reserve(batch * first);
  z_.reserve(batch * first);
  partial_.reserve(batch * places * tiles_);
  losses_.reserve(batch * places);
}

template <class Real>
void SegmentLosses<Real>::upload(const Segments& segments, std::int64_t first, std::int64_t count) {
  const auto parameters = static_cast<std::size_t>(data_.parameters);
  std::vector<Real> origins(static_cast<std::size_t>(count) * parameters);
  std::vector<Real> directions(origins.size());
#pragma omp parallel for
  for (std::int64_t k = 0; k < count; ++k) {
    const std::span<const double> from = segments.end(first + k, 0);
    const std::span<const double> to = segments.end(first + k, 1);
    const std::size_t begin = static_cast<std::size_t>(k) * parameters;
    for (std::size_t i = 0; i < parameters; ++i) {
      origins[begin + i] = static_cast<Real>(from[i]);
      directions[begin + i] = static_cast<Real>(to[i] - from[i]);
    }
  }
  origins_.upload(origins, context_.queue());
  directions_.upload(directions, context_.queue());
  first_pre_activations<Real>(data_, context_, origins_.data(), count, z0_.data());
  first_pre_activations<Real>(data_, context_, directions_.data(), count, z_.data());
}

template <class Real>
void SegmentLosses<Real>::add_penalties(const Segments& segments, std::int64_t first,
                                        std::int64_t count, kernels::Coordinates places,
                                        std::int64_t places_count) {
  if (objective_.penalty.empty()) return;
  for (std::int64_t k = 0; k < count; ++k) {
    const DevicePenalty penalty(objective_, segments.slice(first + k), context_.queue());
    kernels::add_penalty_values(penalty.task(), places, places_count,
                                losses_.data() + k * places_count, context_.queue());
  }
}

template <class Real>
std::vector<double> SegmentLosses<Real>::at(const Segments& segments, std::span<const double> t) {
  const auto places = static_cast<std::int64_t>(t.size());
  std::vector<double> losses(static_cast<std::size_t>(segments.count() * places));
  if (losses.empty()) return losses;
  const std::int64_t first_layer = data_.layers.front().outputs * data_.stride;
  const std::int64_t most = std::min(most_partials / (places * tiles_),
                                     most_numbers / (2 * (first_layer + data_.parameters)));
  std::int64_t batch = std::clamp<std::int64_t>(most, 1, segments.count());
  for (;;) {
    try {
      reserve(batch, places);
      break;
    } catch (const OutOfMemory&) {
      if (batch == 1) throw;
      batch = (batch + 1) / 2;
    }
  }
  t_.reserve(places);
  t_.upload(t, context_.queue());
  const kernels::Coordinates coordinates{t_.data(), 1};
  for (std::int64_t first = 0; first < segments.count(); first += batch) {
    const std::int64_t count = std::min(batch, segments.count() - first);
    upload(segments, first, count);
    const kernels::FusedSlices<Real> slices{{origins_.data(), directions_.data(), nullptr},
                                            data_.parameters,
                                            {z0_.data(), z_.data(), nullptr},
                                            data_.stride,
                                            first_layer,
                                            places};
    kernels::fused_loss(network_, slices, data_.loss_targets(), coordinates, count * places,
                        {partial_.data(), nullptr, tiles_}, context_.queue());
    kernels::sum_partials(partial_.data(), tiles_, count * places, data_.loss_divisor(),
                          losses_.data(), context_.queue());
    add_penalties(segments, first, count, coordinates, places);
    losses_.download(std::span(losses).subspan(static_cast<std::size_t>(first * places),
                                               static_cast<std::size_t>(count * places)),
                     context_.queue());
  }
  return losses;
}

template class SegmentLosses<double>;
template class SegmentLosses<float>;

}  // namespace convexscan::cuda
