// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/segment_losses.hpp"

#include <algorithm>

#include "cpu/blas.hpp"
#include "cpu/tile.hpp"
#include "shared/compensated_sum.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/penalty_sums.hpp"

namespace convexscan::cpu {
namespace {

template <class Real>
std::int64_t deep_begin(const NetworkData<Real>& data, std::int64_t parameters) {
  return data.layers.size() > 1 ? data.layers[1].weight : parameters;
}

/// Calls work(k, slice, line, weights, workspace) for every segment; weights has room for the deep
/// parameters of that many points.
template <class Real, class Work>
void for_each_segment(const NetworkData<Real>& data, const Segments& segments, int components,
                      std::int64_t points, Work&& work) {
  const SingleThreadedBlas single;
  const std::int64_t deep = segments.parameters - deep_begin(data, segments.parameters);
#pragma omp parallel
  {
    TileWorkspace<Real> workspace(data, components);
    Aligned<Real> weights(static_cast<std::size_t>(std::max<std::int64_t>(1, deep * points)));
#pragma omp for schedule(dynamic, 1)
    for (std::int64_t k = 0; k < segments.count(); ++k) {
      const Slice slice = segments.slice(k);
      const NetworkSlice<Real> line(data, slice);
      work(k, slice, line, weights.data(), workspace);
    }
  }
}

}  // namespace

template <class Real>
std::vector<double> network_segment_losses(const Objective& objective,
                                           const NetworkData<Real>& data, const Segments& segments,
                                           std::span<const double> t) {
  const auto points = static_cast<std::int64_t>(t.size());
  const std::int64_t begin = deep_begin(data, segments.parameters);
  const std::int64_t deep = segments.parameters - begin;
  const std::int64_t tiles = data.stride / tile_samples;
  // As many points as have weights that fit the cache beside the tile of samples.
  const std::int64_t block = std::clamp<std::int64_t>((1 << 15) / std::max<std::int64_t>(deep, 1),
                                                      1, std::min<std::int64_t>(points, 64));
  std::vector<double> losses(static_cast<std::size_t>(segments.count() * points));
  for_each_segment(
      data, segments, 1, block,
      [&](std::int64_t k, const Slice& slice, const NetworkSlice<Real>& line, Real* weights,
          TileWorkspace<Real>& workspace) {
        double* const out = losses.data() + k * points;
        std::vector<shared::CompensatedSum> sums(static_cast<std::size_t>(block));
        for (std::int64_t first = 0; first < points; first += block) {
          const std::int64_t last = std::min(points, first + block);
          sums.assign(sums.size(), {});
          for (std::int64_t p = first; p < last; ++p) {
            line.weights_at(&t[static_cast<std::size_t>(p)], begin, weights + (p - first) * deep);
          }
          for (std::int64_t tile = 0; tile < tiles; ++tile) {
            for (std::int64_t p = first; p < last; ++p) {
              sums[static_cast<std::size_t>(p - first)].add(
                  tile_loss(line, &t[static_cast<std::size_t>(p)], weights + (p - first) * deep,
                            tile, false, workspace)
                      .loss);
            }
          }
          for (std::int64_t p = first; p < last; ++p) {
            out[p] = sums[static_cast<std::size_t>(p - first)].value() /
                         shared::loss_divisor(data.task) +
                     shared::penalty_jet(objective.penalty, slice, &t[static_cast<std::size_t>(p)])
                         .value;
          }
        }
      });
  return losses;
}

template <class Real>
std::vector<double> network_segment_derivatives(const Objective& objective,
                                                const NetworkData<Real>& data,
                                                const Segments& segments,
                                                std::span<const double> t) {
  const std::int64_t places =
      static_cast<std::int64_t>(t.size()) / std::max<std::int64_t>(1, segments.count());
  const std::int64_t begin = deep_begin(data, segments.parameters);
  const std::int64_t tiles = data.stride / tile_samples;
  std::vector<double> derivatives(2 * t.size());
  for_each_segment(
      data, segments, jet_components(1), 1,
      [&](std::int64_t k, const Slice& slice, const NetworkSlice<Real>& line, Real* weights,
          TileWorkspace<Real>& workspace) {
        for (std::int64_t i = k * places; i < (k + 1) * places; ++i) {
          const double* const place = &t[static_cast<std::size_t>(i)];
          line.weights_at(place, begin, weights);
          shared::CompensatedSum slope;
          shared::CompensatedSum curvature;
          for (std::int64_t tile = 0; tile < tiles; ++tile) {
            const TileJets jets = tile_jets(line, place, weights, tile, workspace);
            slope.add(jets.slope[0]);
            curvature.add(jets.curvature[0]);
          }
          const shared::PenaltyJet penalty = shared::penalty_jet(objective.penalty, slice, place);
          double* const out = derivatives.data() + 2 * i;
          out[0] = slope.value() / shared::loss_divisor(data.task) + penalty.slope[0];
          out[1] = curvature.value() / shared::loss_divisor(data.task) + penalty.curvature[0];
        }
      });
  return derivatives;
}

template std::vector<double> network_segment_losses(const Objective&, const NetworkData<double>&,
                                                    const Segments&, std::span<const double>);
template std::vector<double> network_segment_losses(const Objective&, const NetworkData<float>&,
                                                    const Segments&, std::span<const double>);
template std::vector<double> network_segment_derivatives(const Objective&,
                                                         const NetworkData<double>&,
                                                         const Segments&, std::span<const double>);
template std::vector<double> network_segment_derivatives(const Objective&,
                                                         const NetworkData<float>&, const Segments&,
                                                         std::span<const double>);

}  // namespace convexscan::cpu
