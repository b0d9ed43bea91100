// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/known_directions.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

namespace convexscan::cpu {

bool within_subset(const Objective& objective, const Slice& slice) {
  const std::set<std::int64_t> subset(objective.subset.begin(), objective.subset.end());
  for (const auto& direction : slice.directions) {
    for (std::size_t i = 0; i < direction.size(); ++i) {
      if (direction[i] != 0.0 && !subset.contains(static_cast<std::int64_t>(i))) return false;
    }
  }
  return true;
}

std::optional<std::array<double, 2>> least_curved(double x, double y, double sum) {
  // Of [[x, mixed], [mixed, y]].
  const double mixed = 0.5 * (sum - x - y);
  if (!(x * y < mixed * mixed)) return {};
  const double angle = 0.5 * std::atan2(2.0 * mixed, x - y) + std::acos(0.0);
  return std::array{std::cos(angle), std::sin(angle)};
}

KnownDirections::KnownDirections(const Objective& objective, const NetworkData<double>& data,
                                 const SliceMagnitudes& magnitudes, const Slice& slice,
                                 const std::vector<double>& eigenvector) {
  const auto parameters = slice.origin.size();
  if (!eigenvector.empty()) {
    std::vector<double> direction(parameters, 0.0);
    for (std::size_t i = 0; i < eigenvector.size(); ++i) {
      direction[static_cast<std::size_t>(objective.subset[i])] = eigenvector[i];
    }
    centre_.emplace(data, Slice{std::move(direction), {}}, magnitudes);
    eigenvector_.push_back(centre_->at({0.0, 0.0}));
  }
  if (slice.axes() == 0 || !within_subset(objective, slice)) return;
  plane_.emplace(data, Slice{std::vector<double>(parameters, 0.0), slice.directions}, magnitudes);
  axes_.push_back(plane_->at({1.0, 0.0}));
  if (slice.axes() == 1) return;
  axes_.push_back(plane_->at({0.0, 1.0}));
  axes_.push_back(plane_->at({1.0, 1.0}));
}

std::optional<SettledBy> KnownDirections::curve_down(const double* coordinates,
                                                     Prober& prober) const {
  if (!eigenvector_.empty() && prober.sign(coordinates, eigenvector_).front().surely_negative()) {
    return SettledBy::eigenvector;
  }
  if (axes_.empty()) return {};
  const std::span<const ValueWithError> values = prober.sign(coordinates, axes_);
  if (std::ranges::any_of(values, &ValueWithError::surely_negative)) return SettledBy::plane;
  if (values.size() < 3) return {};
  const auto least = least_curved(values[0].value, values[1].value, values[2].value);
  if (!least || !prober.sign(coordinates, *plane_, *least).surely_negative()) return {};
  return SettledBy::plane;
}

}  // namespace convexscan::cpu
