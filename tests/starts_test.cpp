// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/starts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "random_networks.hpp"

namespace convexscan {
namespace {

std::span<const double> row(std::span<const double> all, std::size_t k, std::size_t width) {
  return all.subspan(k * width, width);
}

TEST(Starts, GradientsOfManyPointsHaveTheBitsOfSingleOnes) {
  for (Objective objective : {random_objective({.widths = "3-7-5-2", .samples = 597}),
                              random_objective({.widths = "4-3", .samples = 3}),
                              landscape_objective(landscape("rosenbrock"))}) {
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.25}};
    for (const Precision precision : {Precision::float64, Precision::float32}) {
      const auto backend = make_backend("cpu", objective, precision);
      const auto width = static_cast<std::size_t>(objective.parameter_count());
      for (const std::size_t points : {1, 2, 3, 9}) {
        const std::vector<double> thetas =
            random_numbers(static_cast<std::int64_t>(points * width), points);
        std::vector<double> losses(points);
        std::vector<double> gradients(points * width);
        backend->gradients(thetas, losses, gradients);
        for (std::size_t p = 0; p < points; ++p) {
          std::vector<double> alone(width);
          EXPECT_EQ(losses[p], backend->gradient(row(thetas, p, width), alone));
          EXPECT_TRUE(std::equal(alone.begin(), alone.end(), row(gradients, p, width).begin()));
        }
      }
    }
  }
}

TEST(Starts, QuantitiesAtManyPointsHaveTheBitsOfSingleOnes) {
  const Objective objective = random_objective({.widths = "3-4-2", .samples = 40});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const QuantitySet quantities{Quantity::loss, Quantity::accuracy, Quantity::min_eigenvalue,
                               Quantity::layer_min_eigenvalue};
  const std::int64_t points = 7;
  const std::vector<double> thetas = random_numbers(points * objective.parameter_count(), 1);
  const ValueTable together = backend->point_values(thetas, points, quantities);
  for (std::int64_t p = 0; p < points; ++p) {
    const auto theta = row(thetas, static_cast<std::size_t>(p),
                           static_cast<std::size_t>(objective.parameter_count()));
    const ValueTable alone =
        scan(*backend, Slice{{theta.begin(), theta.end()}, {}}, Points{}, quantities).values;
    ASSERT_EQ(alone.size(), together.size());
    for (const auto& [quantity, values] : alone) {
      const Values& all = together.at(quantity);
      ASSERT_EQ(all.components, values.components);
      EXPECT_TRUE(std::equal(values.data.begin(), values.data.end(),
                             all.data.begin() + p * values.components))
          << info(quantity).name;
    }
  }
}

TEST(Starts, EachEndsWhereItWouldAlone) {
  Objective objective = random_objective({.widths = "3-4-2", .samples = 30});
  objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.01}};
  objective.subset.erase(objective.subset.begin());  // one parameter stays
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const auto width = static_cast<std::size_t>(objective.parameter_count());
  const std::vector<double> starts = fresh_starts(objective, {}, 5, 3);
  // One end is the limit, so that stopping is per start and not for all.
  const TrainingOptions options{.max_iterations = 25};
  const std::vector<TrainingResult> together = train_starts(*backend, objective, starts, options);
  ASSERT_EQ(together.size(), 5u);
  for (std::size_t k = 0; k < together.size(); ++k) {
    const TrainingResult alone = train(*backend, objective, row(starts, k, width), options);
    EXPECT_EQ(together[k].theta, alone.theta);
    EXPECT_EQ(together[k].loss, alone.loss);
    EXPECT_EQ(together[k].gradient_norm, alone.gradient_norm);
    EXPECT_EQ(together[k].iterations, alone.iterations);
    EXPECT_EQ(together[k].evaluations, alone.evaluations);
    EXPECT_EQ(together[k].converged, alone.converged);
    EXPECT_EQ(together[k].reason, alone.reason);
    EXPECT_EQ(together[k].theta[0], starts[k * width]);
  }
}

/// y = w·x on two samples, (1, 0) → 3 and (0, 2) → −2, without bias: the mean of squares is least,
/// and 0, at w = (3, −1).
Objective closed_form() {
  Dataset data;
  data.features = 2;
  data.samples = 2;
  data.target_width = 1;
  data.inputs = {1, 0, 0, 2};
  data.targets = {3, -2};
  Objective objective;
  objective.task = network_task(mlp("2-1", Activation::identity, 0, false, false), data, Loss::mse,
                                std::nullopt);
  objective.subset = {0, 1};
  return objective;
}

TEST(Starts, AllFindTheMinimumOfAConvexProblem) {
  const Objective objective = closed_form();
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const std::vector<double> starts = random_numbers(2 * 12, 1);
  for (const TrainingResult& end : train_starts(*backend, objective, starts, {})) {
    EXPECT_TRUE(end.converged) << end.reason;
    // The Hessian's smallest eigenvalue is 1, and ‖∇f‖ ≤ 1e-6·‖θ‖ where it stops.
    EXPECT_LE(std::hypot(end.theta[0] - 3, end.theta[1] + 1), 1e-6 * std::sqrt(10.0) * 1.01);
  }
}

TEST(Starts, OneThatFallsWithoutEndOrIsNotFiniteDoesNotTouchTheOthers) {
  // x·y falls without end along x = −y; its only critical point is 0.
  const Objective objective = landscape_objective(landscape("xy"));
  const auto backend = make_backend("cpu", objective, Precision::float64);
  constexpr double huge = std::numeric_limits<double>::max();
  const std::vector<double> starts{0, 0, 1, -1, huge, -huge, 1, 1};
  const std::vector<TrainingResult> ends = train_starts(*backend, objective, starts, {});
  ASSERT_EQ(ends.size(), 4u);
  EXPECT_TRUE(ends[0].converged);
  EXPECT_EQ(ends[0].theta, (std::vector<double>{0, 0}));
  EXPECT_FALSE(ends[1].converged);
  EXPECT_EQ(ends[1].theta, train(*backend, objective, std::vector<double>{1, -1}, {}).theta);
  EXPECT_FALSE(ends[2].converged);
  EXPECT_EQ(ends[2].theta, (std::vector<double>{huge, -huge}));
  EXPECT_EQ(ends[2].reason, "the loss is not finite at the starting weights");
  EXPECT_EQ(ends[3].theta, train(*backend, objective, std::vector<double>{1, 1}, {}).theta);
}

TEST(Starts, StopWhenAsked) {
  const Objective objective = random_objective({});
  const auto backend = make_backend("cpu", objective, Precision::float64);
  const std::vector<double> starts = fresh_starts(objective, {}, 3, 1);
  EXPECT_THROW(train_starts(*backend, objective, starts, {},
                            [](std::int64_t, std::int64_t rounds) { return rounds < 4; }),
               Interrupted);
}

/// A device that fails after some calls.
class Failing final : public Backend {
 public:
  std::string device() const override { return "failing"; }
  std::unique_ptr<Evaluator> evaluator(const Slice&, const QuantitySet&,
                                       const EvaluationOptions&) override {
    return nullptr;
  }
  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    if (++calls_ > 7) throw Error("the device is gone");
    gradient[0] = 2 * theta[0];
    gradient[1] = 20 * theta[1];
    return theta[0] * theta[0] + 10 * theta[1] * theta[1];
  }

 private:
  int calls_ = 0;
};

TEST(Starts, TellWhatTheBackendThrows) {
  Failing backend;
  const Objective objective = landscape_objective(landscape("xy"));
  const std::vector<double> starts = random_numbers(6, 1);
  EXPECT_THROW(train_starts(backend, objective, starts, {}), Error);
  Failing alone;
  EXPECT_THROW(train(alone, objective, std::vector<double>{1e5, 1}, {.gradient_tolerance = 0}),
               Error);
}

}  // namespace
}  // namespace convexscan
