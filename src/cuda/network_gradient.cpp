// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_gradient.hpp"

#include "shared/penalty_sums.hpp"

namespace convexscan::cuda {

NetworkGradient::NetworkGradient(const Objective& objective, const NetworkData<double>& data,
                                 const DeviceContext& context)
    : objective_(objective),
      data_(data),
      context_(context),
      slice_(data, context),
      pass_({data, slice_, context}, 1),
      result_(1 + data.parameters) {}

double NetworkGradient::at(std::span<const double> theta, std::span<double> gradient) {
  slice_.set(Slice{{theta.begin(), theta.end()}, {}});
  pass_.run({}, 1, result_.data(), result_.data() + 1);
  std::vector<double> both(theta.size() + 1);
  result_.download(both, context_.queue());
  const double divisor = data_.loss_divisor();
  for (std::size_t i = 0; i < theta.size(); ++i) gradient[i] = both[i + 1] / divisor;
  return both[0] + shared::add_penalty_gradient(objective_.penalty, theta, gradient);
}

}  // namespace convexscan::cuda
