// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/segment_losses.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "cpu/blas.hpp"
#include "cpu/line_sums.hpp"
#include "cpu/moved_tail.hpp"
#include "cpu/nearby_tanh.hpp"
#include "shared/compensated_sum.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/penalty_sums.hpp"

namespace convexscan::cpu {
namespace {

/// Calls work(k, slice, line, workspace) for every segment; line is what moves on it, and workspace
/// fits it.
template <class Real, class Work>
void for_each_segment(const NetworkData<Real>& data, const Segments& segments, int components,
                      Work&& work) {
  const SingleThreadedBlas single;
#pragma omp parallel
  {
    MovedTail<Real> tail(data);
    std::optional<TileWorkspace<Real>> workspace;
    std::pair<int, std::int64_t> shape;  // that the workspace is for
#pragma omp for schedule(dynamic, 1)
    for (std::int64_t k = 0; k < segments.count(); ++k) {
      const Slice slice = segments.slice(k);
      const NetworkSlice<Real>& line = tail.set(slice);
      const std::pair found{tail.cut(), tail.settled_units()};
      if (!workspace || found != shape) workspace.emplace(line.data, components);
      shape = found;
      work(k, slice, line, *workspace);
    }
  }
}

}  // namespace

template <class Real>
std::vector<double> network_segment_losses(const Objective& objective,
                                           const NetworkData<Real>& data, const Segments& segments,
                                           std::span<const double> t) {
  const std::size_t points = t.size();
  std::vector<double> losses(static_cast<std::size_t>(segments.count()) * points);
  for_each_segment(data, segments, 1,
                   [&](std::int64_t k, const Slice& slice, const NetworkSlice<Real>& line,
                       TileWorkspace<Real>& workspace) {
                     const std::vector<TileSums> sums =
                         line_sums(line, t, usual_spacing, false, workspace);
                     for (std::size_t p = 0; p < points; ++p) {
                       losses[static_cast<std::size_t>(k) * points + p] =
                           sums[p].loss / shared::loss_divisor(data.task) +
                           shared::penalty_jet(objective.penalty, slice, &t[p]).value;
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
  const std::int64_t tiles = data.stride / tile_samples;
  std::vector<double> derivatives(2 * t.size());
  for_each_segment(
      data, segments, jet_components(1),
      [&](std::int64_t k, const Slice& slice, const NetworkSlice<Real>& line,
          TileWorkspace<Real>& workspace) {
        const std::int64_t begin = line.deep_begin();
        Aligned<Real> weights(
            static_cast<std::size_t>(std::max<std::int64_t>(1, line.parameters - begin)));
        for (std::int64_t i = k * places; i < (k + 1) * places; ++i) {
          const double* const place = &t[static_cast<std::size_t>(i)];
          line.weights_at(place, begin, weights.data());
          shared::CompensatedSum slope;
          shared::CompensatedSum curvature;
          for (std::int64_t tile = 0; tile < tiles; ++tile) {
            const TileJets jets = tile_jets(line, place, weights.data(), tile, workspace);
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
