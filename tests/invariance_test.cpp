// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "convexscan/scan.hpp"
#include "random_objective.hpp"

/// What must not change: a loss when a ReLU unit is rescaled, and a point's bits with the tile it
/// fell into.
namespace convexscan {
namespace {

double loss_at(Backend& backend, const std::vector<double>& theta) {
  return scan(backend, Slice{theta, {}}, Points{}, {Quantity::loss})
      .values.at(Quantity::loss)
      .data.front();
}

/// Powers of two change no bit of a product: what is left are sums of at most 33 terms that never
/// change, 100·ε·(1 + |f|).
constexpr double sum_rounding = 100 * 2.3e-16;

TEST(Loss, StaysWhenAReluUnitIsRescaled) {
  const Objective objective =
      random_objective(mlp("3-6-4", Activation::relu, 0, true, false), 33, Loss::mse, 4);
  const Model& model = objective.network()->model;
  const auto backend = make_backend("cpu", objective, Precision::float64);
  std::vector<double> theta = gaussian_numbers(objective.parameter_count(), 8);
  const double before = loss_at(*backend, theta);
  for (std::int64_t i = 0; i < 3; ++i) theta[static_cast<std::size_t>(2 * 3 + i)] *= 4.0;
  theta[static_cast<std::size_t>(model.bias_offset(0) + 2)] *= 4.0;
  for (std::int64_t o = 0; o < 4; ++o) {
    theta[static_cast<std::size_t>(model.weight_offset(1) + o * 6 + 2)] /= 4.0;
  }
  EXPECT_LE(std::fabs(before - loss_at(*backend, theta)), sum_rounding * (1 + before));
}

class EveryPrecision : public testing::TestWithParam<Precision> {};

TEST_P(EveryPrecision, APointsBitsDoNotDependOnItsTile) {
  const Objective objective = random_objective(mlp("3-9-7-4", Activation::tanh, 0, true, false),
                                               203, Loss::cross_entropy, 4);
  const auto backend = make_backend("cpu", objective, GetParam());
  const Slice slice = random_slice(objective.parameter_count(), 2, 6);
  const QuantitySet quantities{Quantity::loss, Quantity::accuracy, Quantity::gradient_norm,
                               Quantity::plane_hessian, Quantity::min_eigenvalue};
  const Points points = grid({-1, 1, 13}, {-1, 1, 7});
  // Far apart, and a part of a grid so fine that tanh comes from nearby points.
  for (const EvaluationOptions& options :
       {EvaluationOptions{}, EvaluationOptions{.grid = {{-1, 1, 1201}, {-1, 1, 7}}}}) {
    const auto evaluator = backend->evaluator(slice, quantities, options);
    const ValueTable whole = evaluator->evaluate(points.coordinates, points.count());
    for (const std::int64_t size : {1, 5, 64}) {
      for (std::int64_t first = 0; first < points.count(); first += size) {
        const std::int64_t count = std::min(size, points.count() - first);
        const ValueTable part = evaluator->evaluate(
            std::span(points.coordinates)
                .subspan(static_cast<std::size_t>(2 * first), static_cast<std::size_t>(2 * count)),
            count);
        for (const auto& [quantity, values] : part) {
          const auto begin = static_cast<std::size_t>(first * values.components);
          for (std::size_t i = 0; i < values.data.size(); ++i) {
            ASSERT_EQ(values.data[i], whole.at(quantity).data[begin + i])
                << info(quantity).name << " in tiles of " << size << " from " << first;
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, EveryPrecision,
                         testing::Values(Precision::float64, Precision::float32));

/// A backend whose memory holds three points.
class SmallMemory final : public Backend {
 public:
  class ThreePoints final : public Evaluator {
   public:
    std::int64_t points_per_tile() const override { return 50; }
    ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
      if (points > 3) throw OutOfMemory();
      ValueTable table;
      table[Quantity::loss].data.assign(coordinates.begin(), coordinates.end());
      return table;
    }
  };
  std::string device() const override { return "small"; }
  std::unique_ptr<Evaluator> evaluator(const Slice&, const QuantitySet&,
                                       const EvaluationOptions&) override {
    return std::make_unique<ThreePoints>();
  }
  double gradient(std::span<const double>, std::span<double>) override { return 0.0; }
};

TEST(Scan, HalvesTheTileWhenMemoryRunsOutAndGoesOn) {
  SmallMemory backend;
  const Points points = line({0, 1, 41});
  const ScanResult result = scan(backend, Slice{{0.0}, {{1.0}}}, points, {Quantity::loss});
  EXPECT_EQ(result.values.at(Quantity::loss).data, points.coordinates);
}

TEST(Scan, StopsBetweenTilesWhenAsked) {
  SmallMemory backend;
  const std::atomic<bool> stop{true};
  EXPECT_THROW(scan(backend, Slice{{0.0}, {{1.0}}}, line({0, 1, 5}), {Quantity::loss}, {}, &stop),
               Interrupted);
}

}  // namespace
}  // namespace convexscan
