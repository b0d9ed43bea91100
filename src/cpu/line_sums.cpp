// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/line_sums.hpp"

#include <algorithm>

#include "cpu/nearby_tanh.hpp"
#include "cpu/quadratic_loss.hpp"
#include "shared/compensated_sum.hpp"

namespace convexscan::cpu {

template <class Real>
std::vector<TileSums> line_sums(const NetworkSlice<Real>& line, std::span<const double> t,
                                double spacing, bool accuracy, TileWorkspace<Real>& workspace) {
  std::vector<TileSums> totals(t.size());
  const auto quadratic = quadratic_loss(line);
  if (quadratic) {
    std::ranges::transform(t, totals.begin(), [&](double place) {
      return TileSums{.loss = quadratic->at(&place), .correct = 0.0};
    });
    if (!accuracy) return totals;
  }
  const auto points = static_cast<std::int64_t>(t.size());
  const std::int64_t begin = line.deep_begin();
  const std::int64_t deep = line.parameters - begin;
  const std::int64_t tiles = line.data.stride / tile_samples;
  const std::int64_t block = std::max<std::int64_t>(1, std::min(points, line.points_in_cache()));
  Aligned<Real> weights(static_cast<std::size_t>(std::max<std::int64_t>(1, deep * block)));
  std::vector<shared::CompensatedSum> sums(static_cast<std::size_t>(block));
  const auto nearby = NearbyTanh<Real>::of(line, spacing);
  typename NearbyTanh<Real>::Kept kept;
  for (std::int64_t first = 0; first < points; first += block) {
    const std::int64_t last = std::min(points, first + block);
    sums.assign(sums.size(), {});
    for (std::int64_t p = first; p < last; ++p) {
      line.weights_at(&t[static_cast<std::size_t>(p)], begin, weights.data() + (p - first) * deep);
    }
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::int64_t p = first; p < last; ++p) {
        const auto i = static_cast<std::size_t>(p);
        const bool activated = nearby && nearby->activate(&t[i], tile, kept, workspace.node(1));
        const TileSums here = tile_loss(line, &t[i], weights.data() + (p - first) * deep, tile,
                                        activated, accuracy, workspace);
        sums[static_cast<std::size_t>(p - first)].add(here.loss);
        totals[i].correct += here.correct;
      }
    }
    for (std::int64_t p = first; p < last && !quadratic; ++p) {
      totals[static_cast<std::size_t>(p)].loss = sums[static_cast<std::size_t>(p - first)].value();
    }
  }
  return totals;
}

template std::vector<TileSums> line_sums(const NetworkSlice<double>&, std::span<const double>,
                                         double, bool, TileWorkspace<double>&);
template std::vector<TileSums> line_sums(const NetworkSlice<float>&, std::span<const double>,
                                         double, bool, TileWorkspace<float>&);

}  // namespace convexscan::cpu
