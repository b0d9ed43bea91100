// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/known_directions.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpu/known_directions.hpp"
#include "cuda/magnitudes.hpp"
#include "kernels/weights.hpp"

namespace convexscan::cuda {
namespace {

/// forms: (directions, points of the selection).
void settle_where_negative(std::span<const cpu::ValueWithError> forms, const Selection& selection,
                           SettledBy stage, std::vector<cpu::PointCurvature>& curvatures) {
  for (std::size_t k = 0; k < forms.size(); ++k) {
    if (!forms[k].surely_negative()) continue;
    cpu::PointCurvature& curvature = curvatures[selection.points[k % selection.points.size()]];
    curvature.verdict = Verdict::not_convex;
    curvature.settled_by = stage;
  }
}

}  // namespace

KnownDirections::Fixed::Fixed(std::vector<double> of, std::vector<double> of_size,
                              cudaStream_t stream)
    : vector(std::move(of)),
      magnitude(std::move(of_size)),
      size(std::accumulate(magnitude.begin(), magnitude.end(), 0.0)) {
  std::vector<double> both = vector;
  both.insert(both.end(), magnitude.begin(), magnitude.end());
  device = DeviceBuffer<double>(both, stream);
}

KnownDirections::KnownDirections(const Objective& objective, const DeviceContext& context,
                                 const Slice& slice)
    : objective_(objective), context_(context), slice_(slice) {
  if (slice.axes() == 0 || !cpu::within_subset(objective, slice)) return;
  for (const std::vector<double>& direction : slice.directions) {
    axes_.emplace_back(direction, magnitudes(direction), context.queue());
  }
  if (slice.axes() == 1) return;
  std::vector<double> sum = slice.directions[0];
  std::vector<double> size = magnitudes(sum);
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += slice.directions[1][i];
    size[i] += std::fabs(slice.directions[1][i]);
  }
  axes_.emplace_back(std::move(sum), std::move(size), context.queue());
  zeros_.reserve(slice.parameter_count());
  zeros_.clear(slice.parameter_count(), context.queue());
}

void KnownDirections::add_eigenvector(const std::vector<double>& vector) {
  eigenvector_.emplace_back(vector, magnitudes(vector), context_.queue());
}

void KnownDirections::reserve(std::int64_t group) {
  if (axes_.size() == 3) least_.reserve(group, slice_.parameter_count());
}

std::int64_t KnownDirections::bytes_per_point(std::int64_t parameters) {
  return (2 * parameters + 8) * static_cast<std::int64_t>(sizeof(double));
}

std::vector<cpu::ValueWithError> KnownDirections::forms(DirectionalCurvature& directional,
                                                        const Selection& selection,
                                                        std::span<const Fixed> along,
                                                        int roundings) const {
  std::vector<Directions> directions;
  std::vector<HostDirections> host;
  for (const Fixed& fixed : along) {
    const double* const device = fixed.device.data();
    directions.push_back({device, device + slice_.parameter_count(), 0, roundings, fixed.size});
    host.push_back({fixed.vector.data(), fixed.magnitude.data()});
  }
  return directional.at(selection.coordinates, selection.count(), directions, host);
}

Selection KnownDirections::settle(DirectionalCurvature& directional,
                                  std::span<const double> coordinates,
                                  std::vector<cpu::PointCurvature>& curvatures) {
  const auto axes = static_cast<std::size_t>(slice_.axes());
  const auto left = [&] {
    Selection selection;
    for (std::size_t p = 0; p < curvatures.size(); ++p) {
      if (curvatures[p].verdict == Verdict::not_convex) continue;
      selection.add(p, coordinates.subspan(p * axes, axes));
    }
    return selection;
  };
  Selection open = left();
  if (!eigenvector_.empty()) {
    settle_where_negative(forms(directional, open, eigenvector_, 2), open, SettledBy::eigenvector,
                          curvatures);
    open = left();
  }
  if (axes_.empty() || open.points.empty()) return open;
  const std::vector<cpu::ValueWithError> values =
      forms(directional, open, axes_, slice_.axes() + 2);
  settle_where_negative(values, open, SettledBy::plane, curvatures);
  if (axes_.size() == 3) settle_in_plane(directional, open, values, curvatures);
  return left();
}

void KnownDirections::settle_in_plane(DirectionalCurvature& directional, const Selection& open,
                                      std::span<const cpu::ValueWithError> values,
                                      std::vector<cpu::PointCurvature>& curvatures) {
  Selection selection;  // where the plane's Hessian has a negative eigenvalue by its entries
  std::vector<double> angles;
  const std::size_t all = open.points.size();
  const auto axes = static_cast<std::size_t>(slice_.axes());
  for (std::size_t k = 0; k < all; ++k) {
    if (curvatures[open.points[k]].verdict == Verdict::not_convex) continue;
    const auto least =
        cpu::least_curved(values[k].value, values[all + k].value, values[2 * all + k].value);
    if (!least) continue;
    selection.add(open.points[k], std::span(open.coordinates).subspan(k * axes, axes));
    angles.insert(angles.end(), least->begin(), least->end());
  }
  if (selection.points.empty()) return;
  const std::int64_t parameters = slice_.parameter_count();
  const std::int64_t count = selection.count();
  const cudaStream_t stream = context_.queue();
  const auto make = [&](std::span<const double> turns, bool magnitudes, double* to) {
    const double* const x = axes_[0].device.data() + (magnitudes ? parameters : 0);
    const double* const y = axes_[1].device.data() + (magnitudes ? parameters : 0);
    angles_.reserve(static_cast<std::int64_t>(turns.size()));
    angles_.upload(turns, stream);
    kernels::point_weights<double>({zeros_.data(), x, y}, {angles_.data(), 2}, count, parameters,
                                   to, stream);
  };
  make(angles, false, least_.vector.data());
  make(magnitudes({angles.begin(), angles.end()}), true, least_.magnitude.data());
  std::vector<double> vectors;
  std::vector<double> magnitudes;
  if (!objective_.penalty.empty()) {
    vectors.resize(static_cast<std::size_t>(count * parameters));
    magnitudes.resize(vectors.size());
    least_.vector.download(vectors, stream);
    least_.magnitude.download(magnitudes, stream);
  }
  const Directions along{least_.vector.data(), least_.magnitude.data(), parameters,
                         slice_.axes() + 2, axes_[2].size};
  const HostDirections host{vectors.data(), magnitudes.data()};
  settle_where_negative(directional.at(selection.coordinates, count, {&along, 1}, {&host, 1}),
                        selection, SettledBy::plane, curvatures);
}

}  // namespace convexscan::cuda
