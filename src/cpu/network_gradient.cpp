// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/network_gradient.hpp"

#include <omp.h>

#include <algorithm>

#include "cpu/blas.hpp"
#include "cpu/gradient.hpp"
#include "shared/compensated_sum.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/penalty_sums.hpp"

namespace convexscan::cpu {
namespace {

/// Sums over blocks of samples, added in the blocks' order, and what is made of them.
class GradientSum {
 public:
  explicit GradientSum(std::span<double> gradient) : gradient_(gradient) {
    std::fill(gradient.begin(), gradient.end(), 0.0);
  }

  void add(double loss, const std::vector<double>& part) {
    loss_.add(loss);
    for (std::size_t j = 0; j < part.size(); ++j) gradient_[j] += part[j];
  }

  /// f(θ); its gradient is then in place.
  double finish(const Objective& objective, std::span<const double> theta) {
    const double divisor = shared::loss_divisor(*objective.network());
    for (double& g : gradient_) g /= divisor;
    return loss_.value() / divisor +
           shared::add_penalty_gradient(objective.penalty, theta, gradient_);
  }

 private:
  std::span<double> gradient_;
  shared::CompensatedSum loss_;
};

/// What one thread works in.
struct Workplace {
  Workplace(const NetworkData<double>& data, std::size_t parameters)
      : workspace(data), part(parameters) {}
  GradientWorkspace<double> workspace;
  std::vector<double> part;
  double loss = 0.0;
};

NetworkSlice<double> point_at(const NetworkData<double>& data, std::span<const double> theta) {
  return {data, Slice{{theta.begin(), theta.end()}, {}}};
}

}  // namespace

double network_gradient(const Objective& objective, const NetworkData<double>& data,
                        std::span<const double> theta, std::span<double> gradient) {
  const NetworkSlice<double> point = point_at(data, theta);
  const SingleThreadedBlas single;
  const std::int64_t blocks = gradient_blocks(data.samples);
  const int threads = static_cast<int>(std::min<std::int64_t>(blocks, omp_get_max_threads()));
  std::vector<Workplace> places(static_cast<std::size_t>(threads), Workplace(data, theta.size()));
  GradientSum sum(gradient);
  // Rounds of as many blocks as threads, added in the order of the blocks: the number of threads
  // does not change a bit.
  for (std::int64_t first = 0; first < blocks; first += threads) {
    const int round = static_cast<int>(std::min<std::int64_t>(threads, blocks - first));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int k = 0; k < round; ++k) {
      Workplace& place = places[static_cast<std::size_t>(k)];
      place.loss = block_gradient(point, nullptr, theta.data(), first + k, place.workspace,
                                  place.part.data());
    }
    for (int k = 0; k < round; ++k) {
      const Workplace& place = places[static_cast<std::size_t>(k)];
      sum.add(place.loss, place.part);
    }
  }
  return sum.finish(objective, theta);
}

void network_gradients(const Objective& objective, const NetworkData<double>& data,
                       std::span<const double> thetas, std::span<double> losses,
                       std::span<double> gradients) {
  const auto points = static_cast<std::int64_t>(losses.size());
  const std::size_t parameters = points == 0 ? 0 : thetas.size() / losses.size();
  const int threads = omp_get_max_threads();
  const auto part_of = [&](auto all, std::int64_t point) {
    return all.subspan(static_cast<std::size_t>(point) * parameters, parameters);
  };
  // So many slices are held at once.
  const std::int64_t most = std::max<std::int64_t>(threads, 64);
  const std::int64_t shared = points < threads ? 0 : points;  // fewer cannot keep threads busy
  std::vector<Workplace> places(static_cast<std::size_t>(shared > 0 ? threads : 0),
                                Workplace(data, parameters));
  for (std::int64_t first = 0; first < shared; first += most) {
    const std::int64_t count = std::min(most, shared - first);
    // Made before the threads start, so that the first layer's product has the bits of a single
    // one.
    std::vector<NetworkSlice<double>> slices;
    for (std::int64_t k = 0; k < count; ++k) {
      slices.push_back(point_at(data, part_of(thetas, first + k)));
    }
    const SingleThreadedBlas single;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::int64_t k = 0; k < count; ++k) {
      Workplace& place = places[static_cast<std::size_t>(omp_get_thread_num())];
      const std::span<const double> theta = part_of(thetas, first + k);
      GradientSum sum(part_of(gradients, first + k));
      for (std::int64_t block = 0; block < gradient_blocks(data.samples); ++block) {
        place.loss = block_gradient(slices[static_cast<std::size_t>(k)], nullptr, theta.data(),
                                    block, place.workspace, place.part.data());
        sum.add(place.loss, place.part);
      }
      losses[static_cast<std::size_t>(first + k)] = sum.finish(objective, theta);
    }
  }
  for (std::int64_t p = shared; p < points; ++p) {
    losses[static_cast<std::size_t>(p)] =
        network_gradient(objective, data, part_of(thetas, p), part_of(gradients, p));
  }
}

}  // namespace convexscan::cpu
