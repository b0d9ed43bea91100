// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "convexscan/backend.hpp"
#include "convexscan/scan.hpp"
#include "naive_network.hpp"
#include "random_objective.hpp"
#include "temporary_folder.hpp"

/// Values, gradients and plane Hessians against the long-double witness for every activation ×
/// loss.
///
/// Tolerance. The sums here are short (at most 70 samples of at most 40 terms) and every number is
/// of order one to a hundred, so first-order error analysis gives |error| ≤ k·ε·S with S the sum of
/// the magnitudes and k the longest chain of operations: 3 layers × (12 terms + 5 for the
/// activation) + 20 for the loss < 100. With S ≤ 10·(1 + |f|) we allow 1e3·ε·(1 + |f|), 2.2e-13.
/// Differences of the witness add their own rounding: for first ones in long double at h = 1e-6 200
/// operations leave 200·1e-19·|f|/h = 2e-11·|f|; second ones in quadruple precision at h = 1e-10
/// leave 200·2e-34·|f|/h² = 4e-12·|f|. h⁴ is nothing.
namespace convexscan {
namespace {

constexpr double thousand_roundings = 1e3 * std::numeric_limits<double>::epsilon();
constexpr double first_differences = 2e-11;
constexpr double second_differences = 4e-12;

struct Case {
  Activation activation;
  Loss loss;
  std::int64_t samples;
  int shape;  // 0 plain, 1 skip after, 2 skip before, 3 no bias, 4 dropout and skip after
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string text(name(info.param.activation));
  text += "_" + std::string(name(info.param.loss)) + "_" + std::to_string(info.param.samples);
  constexpr std::array<const char*, 5> shapes{"plain", "skip_after", "skip_before", "no_bias",
                                              "dropout"};
  text += std::string("_") + shapes[static_cast<std::size_t>(info.param.shape)];
  std::ranges::replace(text, '-', '_');
  return text;
}

Model model_of(const Case& c) {
  const double slope = default_slope(c.activation);
  std::vector<Layer> layers{{3, 7, c.shape != 3, c.activation, slope},
                            {7, 7, c.shape != 3, c.activation, slope},
                            {7, 5, c.shape != 3}};
  if (c.shape == 1 || c.shape == 4) layers[1].skip_after = 1;
  if (c.shape == 2) layers[1].skip_before = 1;
  return c.shape == 4 ? with_dropout(Model(layers), 0.4, 8) : Model(layers);
}

std::vector<Case> all_cases() {
  using enum Activation;
  std::vector<Case> cases;
  for (const Activation a : {identity, relu, leaky_relu, elu, gelu, gelu_tanh, silu, softplus,
                             sigmoid, Activation::tanh, Activation::sin}) {
    for (const Loss l : {Loss::cross_entropy, Loss::mse, Loss::binary_cross_entropy, Loss::huber}) {
      cases.push_back({a, l, 67, 0});
      cases.push_back({a, l, 1, 1});
      cases.push_back({a, l, 5, 2});
    }
    cases.push_back({a, Loss::cross_entropy, 64, 3});
    cases.push_back({a, Loss::output, 13, 1});
    cases.push_back({a, Loss::cross_entropy, 67, 4});
    cases.push_back({a, Loss::mse, 5, 4});
  }
  return cases;
}

class EveryActivationAndLoss : public testing::TestWithParam<Case> {
 protected:
  Objective objective_ = [] {
    const Case& c = GetParam();
    Objective objective =
        random_objective(model_of(c), c.samples, c.loss == Loss::output ? Loss::mse : c.loss, 7,
                         c.loss == Loss::output ? std::optional<std::int64_t>(3) : std::nullopt);
    objective.penalty.terms = {{PenaltyTerm::Kind::l2, 0.01}};
    return objective;
  }();
  std::unique_ptr<Backend> backend_ = make_backend("cpu", objective_, Precision::float64);
};

TEST_P(EveryActivationAndLoss, LossIsTheDefinition) {
  const Slice slice = random_slice(objective_.parameter_count(), 2, 11);
  const Points points = grid({-1, 1, 3}, {-0.5, 1, 2});
  const ScanResult result = scan(*backend_, slice, points, {Quantity::loss});
  for (std::int64_t p = 0; p < points.count(); ++p) {
    const std::array<long double, 2> c{points.coordinates[static_cast<std::size_t>(2 * p)],
                                       points.coordinates[static_cast<std::size_t>(2 * p + 1)]};
    const auto expected = static_cast<double>(naive::value_at<long double>(objective_, slice, c));
    const double found = result.values.at(Quantity::loss).data[static_cast<std::size_t>(p)];
    EXPECT_LE(std::fabs(found - expected), thousand_roundings * (1 + std::fabs(expected)))
        << "point " << p << ": " << found << " for " << expected;
  }
}

TEST_P(EveryActivationAndLoss, GradientIsTheDifferenceQuotient) {
  const auto parameters = static_cast<std::size_t>(objective_.parameter_count());
  const std::vector<double> theta = gaussian_numbers(objective_.parameter_count(), 5, 0.5);
  std::vector<double> gradient(parameters);
  const double loss = backend_->gradient(theta, gradient);
  const std::vector<long double> at(theta.begin(), theta.end());
  EXPECT_LE(std::fabs(loss - static_cast<double>(naive::value<long double>(objective_, at))),
            thousand_roundings * (1 + std::fabs(loss)));
  double squares = 0.0;
  for (std::size_t i = 0; i < parameters; ++i) {
    const auto shifted = [&](long double h) {
      std::vector<long double> moved = at;
      moved[i] += h;
      return naive::value<long double>(objective_, moved);
    };
    const auto expected = static_cast<double>(naive::first_difference(shifted, 1e-6L));
    EXPECT_LE(std::fabs(gradient[i] - expected), first_differences * (1 + std::fabs(loss)))
        << "parameter " << i << ": " << gradient[i] << " for " << expected;
    squares += gradient[i] * gradient[i];
  }
  const ScanResult result = scan(*backend_, Slice{theta, {}}, Points{}, {Quantity::gradient_norm});
  EXPECT_LE(std::fabs(result.values.at(Quantity::gradient_norm).data[0] - std::sqrt(squares)),
            thousand_roundings * (1 + std::sqrt(squares)));
}

TEST_P(EveryActivationAndLoss, PlaneHessianIsTheSecondDifferenceQuotient) {
  const Slice slice = random_slice(objective_.parameter_count(), 2, 23);
  const Points point{2, {0.3, -0.2}};
  const ScanResult result = scan(*backend_, slice, point, {Quantity::plane_hessian});
  const auto along = [&](int x, int y) {
    return static_cast<double>(naive::second_difference(
        [&](naive::Quad h) {
          const std::array<naive::Quad, 2> c{0.3 + h * x, -0.2 + h * y};
          return naive::value_at<naive::Quad>(objective_, slice, c);
        },
        naive::Quad(1e-10)));
  };
  const double xx = along(1, 0);
  const double yy = along(0, 1);
  const double xy = (along(1, 1) - xx - yy) / 2;
  const std::vector<double>& found = result.values.at(Quantity::plane_hessian).data;
  EXPECT_LE(std::fabs(found[0] - xx), second_differences * (1 + std::fabs(xx)));
  EXPECT_LE(std::fabs(found[1] - xy), second_differences * (1 + std::fabs(xx) + std::fabs(yy)));
  EXPECT_LE(std::fabs(found[2] - yy), second_differences * (1 + std::fabs(yy)));
}

TEST(SinglePrecision, IsRefusedForDataThatOverflowIt) {
  Objective objective =
      random_objective(mlp("3-4-1", Activation::tanh, 0.0, true, false), 10, Loss::mse, 1);
  auto& task = std::get<NetworkTask>(objective.task);
  const auto make = [&](Precision precision) {
    return [&objective, precision] { make_backend("cpu", objective, precision); };
  };
  EXPECT_NO_THROW(make(Precision::float32)());
  for (std::vector<double>* numbers : {&task.inputs, &task.targets}) {
    const double kept = std::exchange(numbers->back(), -1e200);
    EXPECT_THAT(error_of(make(Precision::float32)), testing::HasSubstr("-1e+200"));
    EXPECT_NO_THROW(make(Precision::float64)());
    numbers->back() = kept;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryActivationAndLoss, testing::ValuesIn(all_cases()),
                         case_name);

}  // namespace
}  // namespace convexscan
