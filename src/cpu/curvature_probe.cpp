// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/curvature_probe.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/penalty_curvature.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {

Probe::Probe(const NetworkData<double>& data, const Slice& directions, const SliceMagnitudes& other)
    : network_(data, directions), magnitudes_(network_, other) {}

Probe::Direction Probe::at(std::array<double, 2> coordinates) const {
  const auto size = static_cast<std::size_t>(network_.parameters);
  Direction direction{this, coordinates, Aligned<double>(size), Aligned<double>(size),
                      WeightLengths(network_.data)};
  set(direction);
  return direction;
}

void Probe::take(const std::vector<double>& origin) {
  network_.take(origin, 0);
  magnitudes_.take(network_, 0);
}

void Probe::set(Direction& direction) const {
  network_.weights_at(direction.coordinates.data(), 0, direction.theta.data());
  magnitudes_.at(direction.coordinates.data(), direction.magnitude.data());
  direction.lengths.take(network_.data, direction.magnitude.data());
}

Prober::Prober(const Objective& objective, const NetworkSlice<double>& network,
               const SliceMagnitudes& magnitudes, const Slice& slice, FactorWorkspace& work)
    : objective_(objective),
      network_(network),
      magnitudes_(magnitudes),
      slice_(slice),
      work_(work),
      theta_(static_cast<std::size_t>(network.parameters)),
      magnitude_(theta_.size()),
      lengths_(network.data),
      vector_(slice.origin.size(), 0.0),
      direction_{Probe::Direction{
          nullptr, {}, Aligned<double>(theta_.size()), Aligned<double>(theta_.size()), lengths_}},
      underflow_(network.data.task, slice) {}

std::span<const ValueWithError> Prober::curvature(const double* coordinates,
                                                  std::span<const Probe::Direction> directions) {
  return curvature(coordinates, directions, ErrorsPass::by_entries);
}

std::span<const ValueWithError> Prober::sign(const double* coordinates,
                                             std::span<const Probe::Direction> directions) {
  const auto values = curvature(coordinates, directions, ErrorsPass::by_norms);
  const bool settled =
      std::ranges::any_of(values, &ValueWithError::surely_negative) ||
      std::ranges::none_of(values, [](const ValueWithError& v) { return v.value < 0.0; });
  return settled ? values : curvature(coordinates, directions);
}

std::span<const ValueWithError> Prober::curvature(const double* coordinates,
                                                  std::span<const Probe::Direction> directions,
                                                  ErrorsPass pass) {
  constexpr double u = shared::unit_roundoff;
  const NetworkData<double>& data = network_.data;
  network_.weights_at(coordinates, 0, theta_.data());
  magnitudes_.at(coordinates, magnitude_.data());
  const bool by_norms = pass == ErrorsPass::by_norms;
  if (by_norms) lengths_.take(data, magnitude_.data());
  const HessianPoint point{network_,      magnitudes_,       coordinates,
                           theta_.data(), magnitude_.data(), by_norms ? &lengths_ : nullptr};
  values_.assign(directions.size(), ValueWithError{});
  const std::int64_t blocks = (data.samples + hessian_block - 1) / hessian_block;
  // From the last block to the first: one that has just assembled the Hessian here leaves the last
  // one's factors, and one that will begins with the first, which serve it where errors are small.
  for (std::int64_t b = blocks - 1; b >= 0; --b) {
    primal_factors(point, b, work_);
    for (std::size_t k = 0; k < directions.size(); ++k) {
      add_directional_curvature(point, directions[k].point(pass), b, work_, values_[k]);
    }
  }
  const double scale = 1.0 / shared::loss_divisor(data.task);
  for (std::size_t k = 0; k < directions.size(); ++k) {
    ValueWithError& value = values_[k];
    double size = 0.0;
    for (const double v : directions[k].magnitude) size += v;
    value.value *= scale;
    value.error = 1.01 * value.error * scale + 2.0 * u * std::fabs(value.value) +
                  underflow_.along(coordinates, size);
  }
  if (objective_.penalty.empty()) return values_;
  for (std::size_t k = 0; k < directions.size(); ++k) {
    const ValueWithError share =
        penalty_form(objective_, slice_, coordinates, directions[k].theta.data(),
                     directions[k].magnitude.data());
    values_[k].value += share.value;
    values_[k].error += share.error + u * std::fabs(values_[k].value);
  }
  return values_;
}

std::span<const Probe::Direction> Prober::only(const Probe& probe,
                                               std::array<double, 2> direction) {
  direction_[0].probe = &probe;
  direction_[0].coordinates = direction;
  probe.set(direction_[0]);
  return direction_;
}

ValueWithError Prober::sign(const double* coordinates, const Probe& probe,
                            std::array<double, 2> direction) {
  return sign(coordinates, only(probe, direction)).front();
}

void Prober::reserve() {
  if (!along_) along_.emplace(network_.data, Slice{vector_, {}}, magnitudes_);
}

ValueWithError Prober::rayleigh(const double* coordinates, const std::vector<double>& vector) {
  double square = 0.0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector_[static_cast<std::size_t>(objective_.subset[i])] = vector[i];
    square += vector[i] * vector[i];
  }
  reserve();
  along_->take(vector_);
  ValueWithError value = curvature(coordinates, only(*along_, {0.0, 0.0})).front();
  value.value /= square;
  value.error =
      1.01 * value.error / square +
      shared::gamma_bound(static_cast<std::int64_t>(vector.size()) + 2) * std::fabs(value.value);
  return value;
}

}  // namespace convexscan::cpu
