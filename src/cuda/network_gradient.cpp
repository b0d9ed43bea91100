// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_gradient.hpp"

#include <algorithm>
#include <bit>

#include "shared/penalty_sums.hpp"

namespace convexscan::cuda {
namespace {

/// A power of two, so that runs with a few points more or less work in the same groups.
std::int64_t group_for(const NetworkData<double>& data, std::int64_t points) {
  const std::int64_t bytes =
      GradientPass<double>::bytes_per_point(data) +
      data.layers.front().outputs * data.stride * static_cast<std::int64_t>(sizeof(double));
  const auto wanted = static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(points, 1))));
  return std::min(wanted, points_per_group(bytes));
}

}  // namespace

NetworkGradient::NetworkGradient(const Objective& objective, const NetworkData<double>& data,
                                 const DeviceContext& context, std::int64_t points)
    : objective_(objective),
      data_(data),
      context_(context),
      group_(points == 1 ? 1 : group_for(data, points)),
      slice_(data, context),
      pass_({data, slice_, context}, group_),
      result_(group_ * (1 + data.parameters)) {}

void NetworkGradient::at(std::span<const double> thetas, std::span<double> losses,
                         std::span<double> gradients) {
  const auto parameters = static_cast<std::size_t>(data_.parameters);
  const auto group = static_cast<std::size_t>(group_);
  const double divisor = data_.loss_divisor();
  std::vector<double> both(group * (1 + parameters));
  for (std::size_t first = 0; first < losses.size(); first += group) {
    const std::size_t count = std::min(group, losses.size() - first);
    slice_.set_points(thetas.subspan(first * parameters, count * parameters), group_);
    pass_.run({}, static_cast<std::int64_t>(count), result_.data(), result_.data() + group_);
    result_.download(both, context_.queue());
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t from = (first + k) * parameters;
      const std::span<double> gradient = gradients.subspan(from, parameters);
      const double* const summed = both.data() + group + k * parameters;
      std::transform(summed, summed + parameters, gradient.begin(),
                     [&](double sum) { return sum / divisor; });
      losses[first + k] =
          both[k] + shared::add_penalty_gradient(objective_.penalty,
                                                 thetas.subspan(from, parameters), gradient);
    }
  }
}

}  // namespace convexscan::cuda
