// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/segment_losses.hpp"

#include <algorithm>

#include "convexscan/backend.hpp"
#include "cuda/first_layer.hpp"
#include "cuda/fused_loss_pass.hpp"
#include "cuda/quadratic_losses.hpp"
#include "shared/moved_layers.hpp"

namespace convexscan::cuda {
namespace {

/// Numbers of segments that are held at once: a bound of memory, which no bit depends on.
constexpr std::int64_t most_numbers = std::int64_t{1} << 26;

Segments some_of(const Segments& segments, std::int64_t first, std::int64_t last) {
  const auto end = [&](std::int64_t k) {
    return segments.ends.begin() + 2 * k * segments.parameters;
  };
  return {segments.parameters, {end(first), end(last)}};
}

/// origins and directions (segments, parameters from `from` on).
template <class Real>
void split(const Segments& segments, std::int64_t first, std::int64_t count, std::int64_t from,
           std::vector<Real>& origins, std::vector<Real>& directions) {
  const auto parameters = static_cast<std::size_t>(segments.parameters - from);
  origins.resize(static_cast<std::size_t>(count) * parameters);
  directions.resize(origins.size());
#pragma omp parallel for
  for (std::int64_t k = 0; k < count; ++k) {
    const double* const start = segments.end(first + k, 0).data() + from;
    const double* const stop = segments.end(first + k, 1).data() + from;
    const std::size_t begin = static_cast<std::size_t>(k) * parameters;
    for (std::size_t i = 0; i < parameters; ++i) {
      origins[begin + i] = static_cast<Real>(start[i]);
      directions[begin + i] = static_cast<Real>(stop[i] - start[i]);
    }
  }
}

/// What a segment moves.
struct Moved {
  int cut = 0;       ///< layers that stay
  bool few = false;  ///< only some units of the first that does not
};

std::vector<Moved> moved_by(const Model& model, const Segments& segments) {
  std::vector<Moved> moved(static_cast<std::size_t>(segments.count()));
#pragma omp parallel for
  for (std::int64_t k = 0; k < segments.count(); ++k) {
    const Slice slice = segments.slice(k);
    const int cut = shared::unmoved_layers(model, slice);
    const bool few = cut == 0 ? !shared::few_moved_units(model, slice).empty()
                              : !shared::few_moved_units(shared::tail_of(model, cut),
                                                         shared::tail_of(model, cut, slice))
                                     .empty();
    moved[static_cast<std::size_t>(k)] = {cut, few};
  }
  return moved;
}

/// The segments from first on up to there move the same layers and start with the same weights in
/// those that they leave as they are.
std::int64_t run_end(const Model& model, const Segments& segments, std::span<const Moved> moved,
                     std::int64_t first) {
  const Moved& here = moved[static_cast<std::size_t>(first)];
  const auto stays = static_cast<std::size_t>(model.weight_offset(here.cut));
  std::int64_t last = first + 1;
  for (; last < segments.count(); ++last) {
    const Moved& other = moved[static_cast<std::size_t>(last)];
    if (here.few || other.few || other.cut != here.cut ||
        !std::ranges::equal(segments.end(first, 0).first(stays),
                            segments.end(last, 0).first(stays))) {
      break;
    }
  }
  return last;
}

}  // namespace

template <class Real>
SegmentLosses<Real>::SegmentLosses(const Objective& objective, const NetworkData<Real>& data,
                                   const DeviceContext& context)
    : objective_(objective),
      data_(data),
      context_(context),
      tail_(data, context),
      terms_(objective.penalty.terms, context.queue()),
      centre_(objective.penalty.centre, context.queue()) {}

/// Makes room for at most so many segments; returns for how many at once.
template <class Real>
std::int64_t SegmentLosses<Real>::reserve(std::int64_t segments, std::int64_t places,
                                          std::int64_t tiles) {
  const NetworkData<Real>& data = tail_.data();
  const std::int64_t first = data.layers.front().outputs * data.stride;
  const std::int64_t most = std::min(most_partials / (places * std::max<std::int64_t>(1, tiles)),
                                     most_numbers / (2 * (first + data_.parameters)));
  std::int64_t batch = std::clamp<std::int64_t>(most, 1, segments);
  for (;;) {
    try {
      origins_.reserve(batch * data.parameters);
      directions_.reserve(batch * data.parameters);
      ends_.reserve(objective_.penalty.empty() ? 0 : 2 * batch * data_.parameters);
      z0_.reserve(batch * first);
      z_.reserve(batch * first);
      partial_.reserve(batch * places * tiles);
      losses_.reserve(batch * places);
      return batch;
    } catch (const OutOfMemory&) {
      if (batch == 1) throw;
      batch = (batch + 1) / 2;
    }
  }
}

template <class Real>
void SegmentLosses<Real>::upload(const Segments& segments, std::int64_t first, std::int64_t count) {
  const NetworkData<Real>& data = tail_.data();
  std::vector<Real> origins;
  std::vector<Real> directions;
  split(segments, first, count, data_.parameters - data.parameters, origins, directions);
  origins_.upload(origins, context_.queue());
  directions_.upload(directions, context_.queue());
  first_pre_activations<Real>(data, context_, origins_.data(), count, z0_.data());
  first_pre_activations<Real>(data, context_, directions_.data(), count, z_.data());
}

template <class Real>
void SegmentLosses<Real>::sum_samples(const kernels::FusedNetwork<Real>& network,
                                      std::int64_t count, std::int64_t places) {
  const NetworkData<Real>& data = tail_.data();
  const std::int64_t tiles =
      (data.samples + kernels::fused_tile<Real> - 1) / kernels::fused_tile<Real>;
  const kernels::FusedSlices<Real> slices{{origins_.data(), directions_.data(), nullptr},
                                          data.parameters,
                                          {z0_.data(), z_.data(), nullptr},
                                          data.stride,
                                          data.layers.front().outputs * data.stride,
                                          places};
  kernels::fused_loss(network, slices, data.loss_targets(), {t_.data(), 1}, count * places,
                      {partial_.data(), nullptr, tiles}, context_.queue());
  kernels::sum_partials(partial_.data(), tiles, count * places, data.loss_divisor(), losses_.data(),
                        context_.queue());
}

template <class Real>
void SegmentLosses<Real>::sum_forms(std::span<const double> t, std::int64_t count) {
  const NetworkData<Real>& data = tail_.data();
  const std::vector<shared::QuadraticLoss> forms =
      quadratic_losses(data, 1, {z0_.data(), z_.data(), nullptr},
                       data.layers.front().outputs * data.stride, count, context_.queue());
  std::vector<double> losses(forms.size() * t.size());
#pragma omp parallel for
  for (std::size_t k = 0; k < forms.size(); ++k) {
    for (std::size_t p = 0; p < t.size(); ++p) {
      losses[k * t.size() + p] = forms[k].at(&t[p]) / data.loss_divisor();
    }
  }
  losses_.upload(losses, context_.queue());
}

template <class Real>
void SegmentLosses<Real>::add_penalties(const Segments& segments, std::int64_t first,
                                        std::int64_t count, std::int64_t places) {
  if (objective_.penalty.empty()) return;
  std::vector<double> both;
  std::vector<double> directions;
  split(segments, first, count, 0, both, directions);
  const auto size = static_cast<std::int64_t>(both.size());
  both.insert(both.end(), directions.begin(), directions.end());
  ends_.upload(both, context_.queue());
  kernels::PenaltyTask task{terms_.data(),
                            terms_.size(),
                            centre_.data(),
                            {ends_.data(), ends_.data() + size, nullptr},
                            data_.parameters};
  task.places = places;
  kernels::add_penalty_values(task, {t_.data(), 1}, count * places, losses_.data(),
                              context_.queue());
}

template <class Real>
std::vector<double> SegmentLosses<Real>::at(const Segments& segments, std::span<const double> t,
                                            const Others& others) {
  const auto places = static_cast<std::int64_t>(t.size());
  std::vector<double> losses(static_cast<std::size_t>(segments.count() * places));
  if (losses.empty()) return losses;
  t_.reserve(places);
  t_.upload(t, context_.queue());
  const std::vector<Moved> moved = moved_by(data_.task.model, segments);
  for (std::int64_t first = 0, last = 0; first < segments.count(); first = last) {
    last = run_end(data_.task.model, segments, moved, first);
    tail_.set(segments.slice(first));
    const NetworkData<Real>& data = tail_.data();
    const bool quadratic = shared::is_quadratic(data.layers, data.task.loss);
    const auto network = FusedLossPass<Real>::network_for(data.layers);
    const bool here = !tail_.slice().has_second() && (quadratic || network);
    const std::int64_t tiles =
        quadratic ? 0 : (data.samples + kernels::fused_tile<Real> - 1) / kernels::fused_tile<Real>;
    const std::int64_t batch = here ? reserve(last - first, places, tiles) : last - first;
    for (std::int64_t k = first; k < last; k += batch) {
      const std::int64_t count = std::min(batch, last - k);
      const std::span<double> to = std::span(losses).subspan(
          static_cast<std::size_t>(k * places), static_cast<std::size_t>(count * places));
      if (!here) {
        std::ranges::copy(others(some_of(segments, k, k + count)), to.begin());
        continue;
      }
      upload(segments, k, count);
      if (quadratic) {
        sum_forms(t, count);
      } else {
        sum_samples(*network, count, places);
      }
      add_penalties(segments, k, count, places);
      losses_.download(to, context_.queue());
    }
  }
  return losses;
}

template class SegmentLosses<double>;
template class SegmentLosses<float>;

}  // namespace convexscan::cuda
