// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/plane_lines.hpp"

#include <algorithm>
#include <compare>
#include <numeric>
#include <utility>
#include <vector>

#include "cpu/blas.hpp"
#include "cpu/line_sums.hpp"
#include "cpu/moved_tail.hpp"
#include "shared/quadratic_loss.hpp"

namespace convexscan::cpu {
namespace {

/// Points of a line from which it is worth its own preparation.
constexpr std::int64_t enough_points = 4;

/// Points of a call to the evaluator at the least; rows of a grid come one after the other.
constexpr std::int64_t points_of_a_call = 256;

}  // namespace

template <class Real>
std::optional<PlaneLines<Real>> PlaneLines<Real>::of(const NetworkData<Real>& data,
                                                     const Slice& slice,
                                                     const EvaluationOptions& options) {
  const auto lines = shared::lines_of(data.task.model, slice);
  if (!lines || options.grid.size() != 2) return std::nullopt;
  const std::int64_t columns = options.grid[0].count;
  const std::int64_t rows = options.grid[1].count;
  const std::int64_t together =
      lines->axis == 0 ? columns : std::min(rows, points_of_a_call / columns);
  if (together < enough_points) return std::nullopt;
  return PlaneLines(data, slice, *lines, options.grid[lines->axis].spacing());
}

template <class Real>
bool PlaneLines<Real>::quadratic() const {
  const std::vector<LayerPlan<Real>> moved(data_.layers.begin() + first(), data_.layers.end());
  return shared::is_quadratic(moved, data_.task.loss);
}

template <class Real>
std::vector<TileSums> PlaneLines<Real>::sums(std::span<const double> coordinates,
                                             bool accuracy) const {
  std::vector<TileSums> all(coordinates.size() / 2);
  const auto across = [&](std::size_t p) { return coordinates[2 * p + 1 - lines_.axis]; };
  // By bits, so that what is not a number is on a line too.
  const auto before = [&](std::size_t p, std::size_t q) {
    return std::is_lt(std::strong_order(across(p), across(q)));
  };
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, before);
  std::vector<std::size_t> begins;  // of lines in order
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || before(order[k - 1], order[k])) begins.push_back(k);
  }
  begins.push_back(order.size());
  const SingleThreadedBlas single;
#pragma omp parallel
  {
    MovedTail<Real> tail(data_);
    std::optional<TileWorkspace<Real>> workspace;
#pragma omp for schedule(dynamic, 1)
    for (std::size_t l = 0; l < begins.size() - 1; ++l) {
      const std::span<const std::size_t> points =
          std::span(order).subspan(begins[l], begins[l + 1] - begins[l]);
      std::vector<double> start{0.0, 0.0};
      start[1 - lines_.axis] = across(points.front());
      const NetworkSlice<Real>& line =
          tail.set({slice_.at(start), {slice_.directions[lines_.axis]}});
      workspace.emplace(line.data, 1);
      std::vector<double> t;
      for (const std::size_t p : points) t.push_back(coordinates[2 * p + lines_.axis]);
      const std::vector<TileSums> here = line_sums(line, t, spacing_, accuracy, *workspace);
      for (std::size_t k = 0; k < points.size(); ++k) all[points[k]] = here[k];
    }
  }
  return all;
}

template class PlaneLines<double>;
template class PlaneLines<float>;

}  // namespace convexscan::cpu
