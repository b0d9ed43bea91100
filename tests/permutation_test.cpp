// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "comparison.hpp"
#include "convexscan/scan.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

/// Hidden neurons that change places, in every hidden layer at once, leave the function as it is,
/// and with it the loss and the length of the gradient.
namespace convexscan {
namespace {

using Order = std::vector<std::int64_t>;

/// Orders of the values before the first layer and after each, all hidden ones shuffled. A skip
/// joins its two ends: they share one order.
std::vector<Order> shuffled_orders(const Model& model, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Order> orders;
  for (int l = 0; l <= model.depth(); ++l) {
    const bool hidden = l > 0 && l < model.depth();
    const Layer& layer = model.layers()[static_cast<std::size_t>(hidden ? l - 1 : 0)];
    const int joined = std::max(layer.skip_before, layer.skip_after);
    if (hidden && joined != Layer::no_skip) {
      orders.push_back(orders[static_cast<std::size_t>(joined)]);
      continue;
    }
    Order order(static_cast<std::size_t>(
        l == 0 ? model.inputs() : model.layers()[static_cast<std::size_t>(l - 1)].outputs));
    std::iota(order.begin(), order.end(), 0);
    if (hidden) std::ranges::shuffle(order, random);
    orders.push_back(order);
  }
  return orders;
}

/// W'(o, i) = W(order(o), order(i)) and b'(o) = b(order(o)).
std::vector<double> permuted(const Model& model, const std::vector<double>& theta,
                             const std::vector<Order>& orders) {
  std::vector<double> result(theta.size());
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[at(l)];
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      const std::int64_t from = orders[at(l + 1)][at(o)];
      for (std::int64_t i = 0; i < layer.inputs; ++i) {
        result[at(model.weight_offset(l) + o * layer.inputs + i)] =
            theta[at(model.weight_offset(l) + from * layer.inputs + orders[at(l)][at(i)])];
      }
      if (layer.bias) result[at(model.bias_offset(l) + o)] = theta[at(model.bias_offset(l) + from)];
    }
  }
  return result;
}

class PermutedNetwork : public TestedCuda {
 protected:
  void SetUp() override {
    if (GetParam() != "cpu") TestedCuda::SetUp();
  }

  std::unique_ptr<Backend> backend(const Objective& objective, Precision precision) const {
    return GetParam() == "cpu" ? make_backend("cpu", objective, precision)
                               : make_tested_cuda(objective, precision);
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, PermutedNetwork, testing::Values("cpu", tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

/// Only the order of the sums over hidden neurons changes, so the two are as near as any two ways
/// of computing one of them: comparison.hpp's tolerance.
TEST_P(PermutedNetwork, HasTheSameLossAndGradientNorm) {
  const std::vector<RandomNetwork> networks{
      {.widths = "3-6-4", .samples = 33},
      {.widths = "3-6-4", .activation = Activation::relu, .loss = Loss::mse, .samples = 33},
      {.widths = "3-9-7-4", .samples = 67},
      {.widths = "3-9-7-4", .activation = Activation::gelu, .bias = false, .samples = 67},
      {.widths = "4-6-6-6-2", .loss = Loss::huber, .residual = true, .samples = 33},
      {.widths = "4-5-8-8-3", .activation = Activation::relu, .residual = true, .samples = 70},
  };
  const QuantitySet quantities{Quantity::loss, Quantity::gradient_norm};
  for (const RandomNetwork& network : networks) {
    const Objective objective = random_objective(network);
    const Model& model = objective.network()->model;
    const std::vector<double> theta = random_slice(objective, 0).origin;
    for (const unsigned seed : {1u, 2u}) {
      const std::vector<double> twin = permuted(model, theta, shuffled_orders(model, seed));
      ASSERT_NE(twin, theta);
      for (const Precision precision : both_precisions) {
        const auto here = backend(objective, precision);
        const auto values_at = [&](const std::vector<double>& place) {
          return scan(*here, Slice{place, {}}, Points{}, quantities).values;
        };
        const ValueTable before = values_at(theta);
        const ValueTable after = values_at(twin);
        for (const Quantity quantity : quantities) {
          expect_same(objective, precision, std::string(info(quantity).name),
                      before.at(quantity).data, after.at(quantity).data);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

/// A swap that forgets the next layer's columns is no symmetry: the test above would see it.
TEST_P(PermutedNetwork, HasAnotherLossWhereOnlyOneSideIsPermuted) {
  const Objective objective = random_objective({.widths = "3-9-7-4", .samples = 67});
  const Model& model = objective.network()->model;
  const std::vector<double> theta = random_slice(objective, 0).origin;
  std::vector<Order> orders = shuffled_orders(model, 1);
  const std::vector<double> whole = permuted(model, theta, orders);
  std::vector<double> half = theta;
  std::copy_n(whole.begin(), model.weight_offset(1), half.begin());
  const auto here = backend(objective, Precision::float64);
  const auto loss_at = [&](const std::vector<double>& place) {
    return scan(*here, Slice{place, {}}, Points{}, {Quantity::loss})
        .values.at(Quantity::loss)
        .data.front();
  };
  EXPECT_GT(std::fabs(loss_at(half) - loss_at(theta)), 1e-6);
}

}  // namespace
}  // namespace convexscan
