// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/rounding_bound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "naive_network.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

using naive::Quad;

/// skip: 0 none, 1 after an activation, 2 before one, 3 none and dropout.
Objective problem(Activation activation, Loss loss, int skip) {
  const double slope = default_slope(activation);
  std::vector<Layer> layers{
      {3, 7, true, activation, slope}, {7, 7, true, activation, slope}, {7, 5}};
  if (skip == 1) layers[1].skip_after = 1;
  if (skip == 2) layers[1].skip_before = 1;
  const Model model(layers);
  return random_objective(skip == 3 ? with_dropout(model, 0.3, 2) : model, 33, loss, 5,
                          loss == Loss::output ? std::optional<std::int64_t>(1) : std::nullopt);
}

/// The computed loss against the same in 113 bits, at points of a slice.
void expect_bounded(const Objective& objective, const Slice& slice, const Points& points,
                    const EvaluationOptions& options = {}) {
  // Near the infinite slope of |d|^½ a rounding of d counts for its root.
  const auto steep = std::ranges::count_if(
      objective.penalty.terms, [](const PenaltyTerm& term) { return term.exponent < 1.0; });
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    const double bound = rounding_bound(objective, slice, points, precision);
    const auto backend = make_backend("cpu", objective, precision);
    const std::vector<double> found =
        backend->evaluator(slice, {Quantity::loss}, options)
            ->evaluate(points.coordinates, points.count())[Quantity::loss]
            .data;
    double largest = 0.0;
    for (std::size_t p = 0; p < found.size(); ++p) {
      const std::vector<Quad> c(
          points.coordinates.begin() + static_cast<std::ptrdiff_t>(p) * points.axes,
          points.coordinates.begin() + static_cast<std::ptrdiff_t>(p + 1) * points.axes);
      const Quad exact = naive::value_at<Quad>(objective, slice, c);
      EXPECT_LE(static_cast<double>(abs(Quad(found[p]) - exact)), bound);
      largest = std::max(largest, std::fabs(found[p]));
    }
    // Far above the true error, but of use: ten million roundings of the largest squared output.
    const double unit = precision == Precision::float64 ? 0x1p-53 : 0x1p-24;
    if (steep == 0) {
      EXPECT_LE(bound, 1e7 * unit * (1.0 + largest));
    }
  }
}

TEST(RoundingBound, ExceedsTheErrorOfEveryActivationAndLoss) {
  const Slice slice = random_slice(Model({{3, 7}, {7, 7}, {7, 5}}).parameter_count(), 2, 9);
  const Points points = grid({-1, 1, 3}, {-2, 1, 3});
  for (int a = 0; a <= static_cast<int>(Activation::sin); ++a) {
    for (const Loss loss :
         {Loss::cross_entropy, Loss::mse, Loss::binary_cross_entropy, Loss::huber, Loss::output}) {
      SCOPED_TRACE(std::string(name(static_cast<Activation>(a))) + " " + std::string(name(loss)));
      for (const int skip : {a % 3, 3}) {
        expect_bounded(problem(static_cast<Activation>(a), loss, skip), slice, points);
      }
    }
  }
}

/// On points so close together that tanh is had from nearby points', of the first layer or, where
/// the slice leaves that alone, of the second.
TEST(RoundingBound, ExceedsTheErrorOfTanhFromNearbyPoints) {
  const Objective objective = problem(Activation::tanh, Loss::mse, 0);
  const Model& model = objective.network()->model;
  const Axis x{-1, 1, 65};
  const Axis y{-2, 1, 3};
  const EvaluationOptions close{.grid = {x, y}};
  for (const bool later : {false, true}) {
    Slice plane = random_slice(objective.parameter_count(), 2, 9);
    for (std::vector<double>& direction : plane.directions) {
      if (later) std::fill_n(direction.begin(), model.weight_offset(1), 0.0);
    }
    const Points points = grid(x, y);
    expect_bounded(objective, plane, points, close);
    const auto loss = [&](const EvaluationOptions& options) {
      return make_backend("cpu", objective, Precision::float64)
          ->evaluator(plane, {Quantity::loss}, options)
          ->evaluate(points.coordinates, points.count())[Quantity::loss]
          .data;
    };
    EXPECT_NE(loss(close), loss({})) << "neither took the short way";
    expect_bounded(objective, {plane.origin, {plane.directions[0]}}, {1, x.values()});
  }
}

/// Between weights of 1 and −1 a first layer adds up n products of 1 and as many of −2: each sum
/// can be wrong by n·u of its terms' sizes (Higham, §3.1).
TEST(RoundingBound, BetweenTwoPointsCountsBothSumsOfAWideLayer) {
  constexpr std::int64_t n = 64;
  Objective objective = random_objective(Model({{n, 1, false}}), 1, Loss::output, 5, 0);
  std::get<NetworkTask>(objective.task).inputs.assign(n, 1.0);
  const std::vector<double> first(n, 1.0);
  const std::vector<double> second(n, -1.0);
  EXPECT_GE(rounding_bound_between(objective, first, second, std::vector<double>{0.0, 0.5, 1.0},
                                   Precision::float64),
            3.0 * n * n * 0x1p-53);
}

TEST(RoundingBound, ExceedsTheErrorOfEveryPenalty) {
  Objective objective = problem(Activation::tanh, Loss::mse, 0);
  for (const char* term : {"l2=0.1", "l2-graded=0.9", "l1=0.1", "lp=3,0.1", "lp=0.5,0.1"}) {
    SCOPED_TRACE(term);
    objective.penalty = {{parse_penalty(term)}, gaussian_numbers(objective.parameter_count(), 3)};
    expect_bounded(objective, random_slice(objective.parameter_count(), 2, 9),
                   grid({-1, 1, 3}, {-2, 1, 3}));
  }
}

}  // namespace
}  // namespace convexscan
