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

bool negative(const cpu::ValueWithError& value) { return value.value + value.error < 0.0; }

}  // namespace

KnownDirections::KnownDirections(const Objective& objective, const DeviceContext& context,
                                 const Slice& slice)
    : objective_(objective), context_(context), slice_(slice) {
  if (slice.axes() > 0 && cpu::within_subset(objective, slice)) {
    for (const std::vector<double>& direction : slice.directions) {
      add(SettledBy::plane, direction, magnitudes(direction));
    }
    if (slice.axes() == 2) {
      std::vector<double> sum = slice.directions[0];
      std::vector<double> size = magnitudes(sum);
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += slice.directions[1][i];
        size[i] += std::fabs(slice.directions[1][i]);
      }
      add(SettledBy::plane, std::move(sum), std::move(size));
    }
    plane_directions_ = static_cast<int>(fixed_.size());
    zeros_.reserve(slice.parameter_count());
    zeros_.clear(slice.parameter_count(), context.queue());
  }
}

void KnownDirections::add_eigenvector(const std::vector<double>& vector) {
  add(SettledBy::eigenvector, vector, magnitudes(vector));
}

void KnownDirections::add(SettledBy stage, std::vector<double> vector,
                          std::vector<double> magnitude) {
  std::vector<double> both = vector;
  both.insert(both.end(), magnitude.begin(), magnitude.end());
  const double size = std::accumulate(magnitude.begin(), magnitude.end(), 0.0);
  fixed_.push_back({stage, std::move(vector), std::move(magnitude), size,
                    DeviceBuffer<double>(both, context_.queue())});
}

void KnownDirections::reserve(std::int64_t group) {
  if (plane_directions_ == 3) least_.reserve(group, slice_.parameter_count());
}

std::int64_t KnownDirections::bytes_per_point(std::int64_t parameters) {
  return (2 * parameters + 8) * static_cast<std::int64_t>(sizeof(double));
}

Selection KnownDirections::settle(DirectionalCurvature& directional,
                                  std::span<const double> coordinates, std::int64_t points,
                                  std::vector<cpu::PointCurvature>& curvatures) {
  std::vector<Directions> directions;
  std::vector<HostDirections> host;
  for (const Fixed& fixed : fixed_) {
    const bool plane = fixed.stage == SettledBy::plane;
    directions.push_back({fixed.device.data(), fixed.device.data() + slice_.parameter_count(), 0,
                          plane ? slice_.axes() + 2 : 2, fixed.size});
    host.push_back({fixed.vector.data(), fixed.magnitude.data()});
  }
  const std::vector<cpu::ValueWithError> forms =
      directional.at(coordinates, points, directions, host);
  const auto form = [&](std::size_t k, std::size_t p) {
    return forms[k * static_cast<std::size_t>(points) + p];
  };
  const auto axes = static_cast<std::size_t>(slice_.axes());
  const auto row = [&](std::size_t p) { return coordinates.subspan(p * axes, axes); };
  Selection bent;  // where the plane's Hessian has a negative eigenvalue by its computed entries
  std::vector<double> angles;
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    for (std::size_t k = 0; k < fixed_.size(); ++k) {
      if (!negative(form(k, p))) continue;
      curvatures[p].verdict = Verdict::not_convex;
      curvatures[p].settled_by = fixed_[k].stage;
      break;
    }
    if (curvatures[p].verdict == Verdict::not_convex || plane_directions_ < 3) continue;
    // The direction of least curvature in the plane: of [[a, b], [b, c]], b from the sum's
    // curvature.
    const double a = form(0, p).value;
    const double c = form(1, p).value;
    const double b = 0.5 * (form(2, p).value - a - c);
    if (!(a * c < b * b)) continue;
    const double angle = 0.5 * std::atan2(2.0 * b, a - c) + std::acos(0.0);
    bent.add(p, row(p));
    angles.push_back(std::cos(angle));
    angles.push_back(std::sin(angle));
  }
  if (!bent.points.empty()) settle_in_plane(directional, bent, angles, curvatures);
  Selection left;
  for (std::size_t p = 0; p < curvatures.size(); ++p) {
    if (curvatures[p].verdict != Verdict::not_convex) left.add(p, row(p));
  }
  return left;
}

void KnownDirections::settle_in_plane(DirectionalCurvature& directional, const Selection& selection,
                                      std::span<const double> angles,
                                      std::vector<cpu::PointCurvature>& curvatures) {
  const std::int64_t parameters = slice_.parameter_count();
  const std::int64_t count = selection.count();
  const cudaStream_t stream = context_.queue();
  const auto make = [&](std::span<const double> turns, bool magnitudes, double* to) {
    const double* const x = fixed_[0].device.data() + (magnitudes ? parameters : 0);
    const double* const y = fixed_[1].device.data() + (magnitudes ? parameters : 0);
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
                         slice_.axes() + 2, fixed_[2].size};
  const HostDirections host{vectors.data(), magnitudes.data()};
  const std::vector<cpu::ValueWithError> forms =
      directional.at(selection.coordinates, count, {&along, 1}, {&host, 1});
  for (std::size_t k = 0; k < forms.size(); ++k) {
    if (!negative(forms[k])) continue;
    curvatures[selection.points[k]].verdict = Verdict::not_convex;
    curvatures[selection.points[k]].settled_by = SettledBy::plane;
  }
}

}  // namespace convexscan::cuda
