// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/train.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "convexscan/error.hpp"
#include "random_objective.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;

/// y = wᵀx + b and a part of the targets that no line explains. The columns of x, that of ones and
/// that part are orthogonal (rows of a Hadamard matrix), so the Hessian of the mean square is 2·I,
/// the minimum lies at (w, b), and the loss there is 0.5².
const std::array<double, 4> line{1.5, -2.0, 0.25, 3.0};

Objective regression() {
  Dataset data;
  data.samples = 8;
  data.features = 3;
  data.target_width = 1;
  data.source = "regression";
  for (int s = 0; s < 8; ++s) {
    const auto sign = [&](int bits) { return __builtin_parity(static_cast<unsigned>(s & bits)); };
    const std::array<double, 3> x{1.0 - 2.0 * sign(1), 1.0 - 2.0 * sign(2), 1.0 - 2.0 * sign(4)};
    data.inputs.insert(data.inputs.end(), x.begin(), x.end());
    data.targets.push_back(line[0] * x[0] + line[1] * x[1] + line[2] * x[2] + line[3] +
                           0.5 * (1.0 - 2.0 * sign(7)));
  }
  Objective objective{
      network_task(mlp("3-1", Activation::identity, 0, true, false), data, Loss::mse, std::nullopt),
      {},
      {},
      "all"};
  objective.subset = parameter_subset(objective, "all");
  return objective;
}

TrainingResult train_from(const Objective& objective, const std::vector<double>& start,
                          const TrainingOptions& options = {},
                          const TrainingProgress& progress = {}) {
  const auto backend = make_backend("cpu", objective, Precision::float64);
  return train(*backend, objective, start, options, progress);
}

const std::vector<double> origin(4, 0.0);

TEST(Train, ItIsKnownBeforehandWhereTheLossIsNotFinite) {
  const Objective objective = regression();
  const auto backend = make_backend("cpu", objective, Precision::float64);
  require_finite_loss(*backend, origin);
  const std::string said =
      error_of([&] { require_finite_loss(*backend, std::vector<double>(4, 1e200)); });
  EXPECT_THAT(said, HasSubstr("the loss is not finite at the starting weights"));
  EXPECT_EQ(said, error_of([&] { train_from(objective, std::vector<double>(4, 1e200)); }));
}

TEST(Train, FindsTheMinimumOfALinearRegression) {
  const TrainingResult result = train_from(regression(), origin);
  EXPECT_TRUE(result.converged) << result.reason;
  EXPECT_THAT(result.reason, HasSubstr("gradient norm is below"));
  double squares = 0.0;
  for (std::size_t i = 0; i < 4; ++i) squares += std::pow(result.theta[i] - line[i], 2);
  // The gradient is 2·(θ − minimum). Its norm was found small, to the rounding of sums of eight.
  const double norm = 4.0;  // of the minimum, √(1.5² + 2² + 0.25² + 3²) = 3.9
  EXPECT_LE(std::sqrt(squares), 1e-6 * norm / 2.0 + 1e-14);
  EXPECT_LE(result.gradient_norm, 1e-6 * norm);
  EXPECT_LE(std::fabs(result.loss - 0.25), squares + 1e-14);
}

TEST(Train, FindsTheMinimumOfARidgeRegression) {
  // ∇ = 2·(θ − line) + 2·λ·θ is zero at line/(1 + λ).
  Objective objective = regression();
  objective.penalty.terms.push_back({PenaltyTerm::Kind::l2, 3.0});
  const TrainingResult result = train_from(objective, origin);
  EXPECT_TRUE(result.converged) << result.reason;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LE(std::fabs(result.theta[i] - line[i] / 4.0), 1e-6 / 8.0 + 1e-14) << i;
  }
}

TEST(Train, LeavesWhatIsOutsideTheSubsetToTheBit) {
  Objective objective = regression();
  objective.subset = {0, 3};
  const TrainingResult result = train_from(objective, {0.1, 0.2, 0.3, 0.4});
  EXPECT_TRUE(result.converged) << result.reason;
  EXPECT_EQ(result.theta[1], 0.2);
  EXPECT_EQ(result.theta[2], 0.3);
  // Orthogonal columns: the others do not move the minimum.
  EXPECT_LE(std::fabs(result.theta[0] - line[0]), 2e-6);
  EXPECT_LE(std::fabs(result.theta[3] - line[3]), 2e-6);
  EXPECT_LE(result.gradient_norm, 4e-6) << "of the free parameters alone";
}

TEST(Train, SaysThatTheLimitOfIterationsWasReached) {
  const Objective objective =
      random_objective(mlp("3-6-2", Activation::tanh, 0, true, false), 40, Loss::cross_entropy, 1);
  const auto start = gaussian_numbers(objective.parameter_count(), 2, 0.5);
  const TrainingResult result = train_from(objective, start, {.max_iterations = 3});
  EXPECT_FALSE(result.converged);
  EXPECT_EQ(result.iterations, 3);
  EXPECT_THAT(result.reason, HasSubstr("limit of 3 iterations"));
}

TEST(Train, StaysWhereTheGradientIsZero) {
  const TrainingResult result = train_from(regression(), {line.begin(), line.end()});
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.theta, std::vector<double>(line.begin(), line.end()));
}

TEST(Train, StopsWhenItIsTold) {
  int told = 0;
  const TrainingResult result = train_from(
      regression(), origin, {}, [&](int iteration, std::span<const double>, double, double) {
        told = iteration;
        return false;
      });
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(result.converged);
  EXPECT_THAT(result.reason, HasSubstr("stopped"));
}

/// The gradient of a cross-entropy is about as large as the inputs, whose squares are no numbers.
TEST(Train, SaysWhenTheGradientIsTooLarge) {
  const Model model = mlp("3-4-3", Activation::relu, 0, true, false);
  Dataset data = random_dataset(5, 3, 3, Loss::cross_entropy, 1);
  for (double& x : data.inputs) x *= 1e200;
  Objective objective{network_task(model, data, Loss::cross_entropy, std::nullopt), {}, {}, "all"};
  objective.subset = parameter_subset(objective, "all");
  const TrainingResult result = train_from(objective, initial_weights(model, {}, 0));
  EXPECT_FALSE(result.converged);
  EXPECT_THAT(result.reason, HasSubstr("its square is beyond float64: scale the data"));
  EXPECT_EQ(result.reason.find("status"), std::string::npos) << result.reason;
}

TEST(Train, DoesNotCallALossWithoutAMinimumConverged) {
  Objective objective{landscape("cubic"), {}, {}, "all"};  // −x³ for large x
  objective.subset = parameter_subset(objective, "all");
  const std::vector<double> start(static_cast<std::size_t>(objective.parameter_count()), 2.0);
  const TrainingResult result = train_from(objective, start);
  EXPECT_FALSE(result.converged) << "at " << result.theta[0];
  EXPECT_FALSE(result.reason.empty());
}

/// Ten samples of two classes that a line separates, with inputs as small as scale: the minimum of
/// the cross-entropy is at infinity, and the way there as long as 1/scale.
Objective separable(double scale) {
  Dataset data;
  data.samples = 10;
  data.features = 2;
  data.target_width = 1;
  data.source = "separable";
  for (int s = 0; s < 10; ++s) {
    const double side = s % 2 == 0 ? 1.0 : -1.0;
    data.inputs.insert(data.inputs.end(), {scale * side * (1.0 + 0.1 * s), scale * 0.2 * (s - 4)});
    data.targets.push_back(s % 2);
    data.labels.push_back(s % 2);
  }
  Objective objective{network_task(mlp("2-2", Activation::identity, 0, false, false), data,
                                   Loss::cross_entropy, std::nullopt),
                      {},
                      {},
                      "all"};
  objective.subset = parameter_subset(objective, "all");
  return objective;
}

TEST(Train, LargeWeightsOnSeparableDataExcuseNoLargeGradient) {
  // ‖∇f‖ is 1e-3 times a mean of probabilities of errors: at ‖θ‖ = 1000 that is below 1e-6·‖θ‖.
  const TrainingResult end = train_from(separable(1e-3), origin);
  EXPECT_TRUE(end.converged) << end.reason;
  double squares = 0.0;
  for (const double w : end.theta) squares += w * w;
  ASSERT_GT(std::sqrt(squares), 100.0);
  EXPECT_LE(end.gradient_norm, 1.01e-6 * 10.0 * 2.0);  // 10√P of four weights
}

TEST(Train, SaysThatTheWeightsHaveGrown) {
  const TrainingResult end =
      train_from(separable(1e-3), origin, {.max_iterations = 20, .gradient_tolerance = 0.0});
  EXPECT_FALSE(end.converged);
  EXPECT_THAT(end.reason, HasSubstr("the loss may fall without end"));
  const TrainingResult small = train_from(regression(), origin, {.max_iterations = 1});
  EXPECT_EQ(small.reason.find("without end"), std::string::npos) << small.reason;
}

TEST(Train, RefusesToStartWhereTheLossIsNotFinite) {
  EXPECT_THROW(train_from(regression(), std::vector<double>(4, 1e200)), Error);
}

TEST(Train, GivesTheSameBitsAgainAndNeverRises) {
  const Objective objective =
      random_objective(mlp("3-6-2", Activation::tanh, 0, true, false), 40, Loss::cross_entropy, 1);
  const auto start = gaussian_numbers(objective.parameter_count(), 2, 0.5);
  std::vector<double> losses;
  int last = 0;
  const auto record = [&](int iteration, std::span<const double>, double loss, double) {
    EXPECT_EQ(iteration, ++last);
    losses.push_back(loss);
    return true;
  };
  const TrainingResult first = train_from(objective, start, {.max_iterations = 30}, record);
  const TrainingResult again = train_from(objective, start, {.max_iterations = 30});
  EXPECT_EQ(first.theta, again.theta);
  EXPECT_EQ(first.loss, again.loss);
  EXPECT_EQ(first.iterations, static_cast<int>(losses.size()));
  EXPECT_TRUE(std::is_sorted(losses.rbegin(), losses.rend()));
  EXPECT_EQ(losses.back(), first.loss);
}

}  // namespace
}  // namespace convexscan
