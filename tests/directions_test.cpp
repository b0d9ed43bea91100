// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/directions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <tuple>

#include "convexscan/error.hpp"
#include "random_objective.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;

/// Norms and dot products of a few hundred terms of order one: 1e3·ε covers their rounding.
constexpr double rounding = 1e3 * 2.3e-16;

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double norm(std::span<const double> a) { return std::sqrt(dot(a, a)); }

Objective small_network() {
  return random_objective(mlp("5-7-3", Activation::tanh, 0, true, false), 4, Loss::cross_entropy,
                          1);
}

TEST(RandomPlane, FilterNormalizationGivesEveryRowTheNormOfItsWeights) {
  const Objective objective = small_network();
  const std::vector<double> theta = gaussian_numbers(objective.parameter_count(), 3);
  const Plane plane = random_plane(objective, theta, 2, Normalization::filter, 9);
  const Model& model = objective.network()->model;
  for (const std::vector<double>& direction : plane.slice.directions) {
    const std::span<const double> d(direction);
    const std::span<const double> w(theta);
    for (int l = 0; l < 2; ++l) {
      const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
      const auto width = static_cast<std::size_t>(layer.inputs);
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        const auto row = static_cast<std::size_t>(model.weight_offset(l) + o * layer.inputs);
        EXPECT_LE(std::fabs(norm(d.subspan(row, width)) - norm(w.subspan(row, width))), rounding);
      }
      const auto bias = static_cast<std::size_t>(model.bias_offset(l));
      const auto outputs = static_cast<std::size_t>(layer.outputs);
      EXPECT_LE(std::fabs(norm(d.subspan(bias, outputs)) - norm(w.subspan(bias, outputs))),
                rounding);
      // A known mistake: the direction of a bias is not the bias itself.
      EXPECT_GT(std::fabs(d[bias] - w[bias]), 1e-6);
    }
  }
}

TEST(RandomPlane, LayerNormalizationGivesEveryMatrixAndBiasTheNormOfItsCounterpart) {
  const Objective objective = small_network();
  const std::vector<double> theta = gaussian_numbers(objective.parameter_count(), 3);
  const Plane plane = random_plane(objective, theta, 2, Normalization::layer, 9);
  const Plane raw = random_plane(objective, theta, 2, Normalization::none, 9);
  const Model& model = objective.network()->model;
  for (std::size_t j = 0; j < 2; ++j) {
    const std::span<const double> d(plane.slice.directions[j]);
    const std::span<const double> drawn(raw.slice.directions[j]);
    const std::span<const double> w(theta);
    for (int l = 0; l < 2; ++l) {
      const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
      for (const auto& [offset, count] :
           {std::pair{model.weight_offset(l), layer.inputs * layer.outputs},
            std::pair{model.bias_offset(l), layer.outputs}}) {
        const auto begin = static_cast<std::size_t>(offset);
        const auto size = static_cast<std::size_t>(count);
        const double factor = d[begin] / drawn[begin];
        EXPECT_LE(std::fabs(norm(d.subspan(begin, size)) - norm(w.subspan(begin, size))), rounding);
        // One factor for the whole part: its direction stays the one that was drawn.
        for (std::size_t i = begin; i < begin + size; ++i) {
          EXPECT_LE(std::fabs(d[i] - factor * drawn[i]), rounding) << i;
        }
      }
    }
  }
}

TEST(RandomPlane, IsTheSameForASeedAndZeroOutsideTheSubset) {
  Objective objective = small_network();
  objective.subset = parameter_subset(objective, "last");
  const std::vector<double> theta = gaussian_numbers(objective.parameter_count(), 3);
  const Plane first = random_plane(objective, theta, 2, Normalization::none, 5);
  const Plane again = random_plane(objective, theta, 2, Normalization::none, 5);
  const Plane other = random_plane(objective, theta, 2, Normalization::none, 6);
  EXPECT_EQ(first.slice.directions, again.slice.directions);
  EXPECT_NE(first.slice.directions, other.slice.directions);
  for (std::int64_t i = 0; i < objective.subset.front(); ++i) {
    EXPECT_EQ(first.slice.directions[0][static_cast<std::size_t>(i)], 0.0);
  }
}

TEST(RandomPlane, RefusesADirectionOfZeroLength) {
  const Objective objective = small_network();
  const std::vector<double> zero(static_cast<std::size_t>(objective.parameter_count()), 0.0);
  EXPECT_THROW(random_plane(objective, zero, 2, Normalization::filter, 1), Error);
  Objective one = objective;
  one.subset = {0};
  EXPECT_THROW(random_plane(one, zero, 2, Normalization::none, 1), UsageError);
  EXPECT_NO_THROW(random_plane(objective, zero, 2, Normalization::none, 1));
}

TEST(PointsPlane, PassesThroughItsThreePoints) {
  const std::array points{gaussian_numbers(40, 1), gaussian_numbers(40, 2),
                          gaussian_numbers(40, 3)};
  const Plane plane = points_plane(points[0], points[1], points[2]);
  EXPECT_LE(std::fabs(dot(plane.slice.directions[0], plane.slice.directions[1])), rounding * 100);
  for (std::size_t k = 0; k < 3; ++k) {
    const std::array<double, 2> at{plane.marks[k].x, plane.marks[k].y};
    const std::vector<double> theta = plane.slice.at(at);
    for (std::size_t i = 0; i < theta.size(); ++i) {
      EXPECT_LE(std::fabs(theta[i] - points[k][i]), rounding) << "point " << k;
    }
  }
}

TEST(PointsPlane, RefusesPointsOnALine) {
  const std::vector<double> a = gaussian_numbers(10, 1);
  const std::vector<double> b = gaussian_numbers(10, 2);
  std::vector<double> between(10);
  for (std::size_t i = 0; i < 10; ++i) between[i] = a[i] + 0.3 * (b[i] - a[i]);
  EXPECT_THROW(points_plane(a, b, between), Error);
  EXPECT_THROW(points_plane(a, a, b), Error);
  EXPECT_THAT(error_of([&] { points_plane(a, b, between); }), HasSubstr("cosine"));
}

/// The numbers times a power of two, which changes no digit.
std::vector<double> times(double factor, std::vector<double> numbers) {
  for (double& x : numbers) x *= factor;
  return numbers;
}

TEST(PointsPlane, IsTheSameWhereSquaresOverflow) {
  const std::array points{gaussian_numbers(40, 1), gaussian_numbers(40, 2),
                          gaussian_numbers(40, 3)};
  const Plane plane = points_plane(points[0], points[1], points[2]);
  for (const double factor : {0x1p600, 0x1p-600}) {
    const Plane scaled =
        points_plane(times(factor, points[0]), times(factor, points[1]), times(factor, points[2]));
    EXPECT_EQ(scaled.slice.directions[0], times(factor, plane.slice.directions[0]));
    EXPECT_EQ(scaled.slice.directions[1], times(factor, plane.slice.directions[1]));
    EXPECT_EQ(scaled.marks[2].x, plane.marks[2].x);
    EXPECT_EQ(scaled.marks[2].y, plane.marks[2].y);
  }
}

TEST(PointsPlane, RefusesPointsTooFarApart) {
  const std::vector<double> a = gaussian_numbers(10, 1);
  const std::vector<double> b = gaussian_numbers(10, 2);
  std::vector<double> far = a;
  for (double& x : far) x = std::copysign(1.7e308, x);
  const std::vector<double> opposite = times(-1.0, far);
  EXPECT_THAT(error_of([&] { points_plane(a, b, far); }), HasSubstr("too far"));
  EXPECT_THAT(error_of([&] { points_plane(far, opposite, b); }), HasSubstr("too far"));
  EXPECT_THAT(error_of([&] { points_plane(times(1e-300, a), times(1e-300, b), times(1e300, b)); }),
              HasSubstr("too different"));
}

TEST(RandomPlane, RefusesDirectionsAsLongAsWeightsBeyondFloat64) {
  const Objective objective = small_network();
  const std::vector<double> most(static_cast<std::size_t>(objective.parameter_count()), 1.7e308);
  EXPECT_THAT(error_of([&] { random_plane(objective, most, 2, Normalization::filter, 1); }),
              HasSubstr("too large"));
}

TEST(GivenPlane, KnowsParallelDirectionsWhereSquaresOverflow) {
  const std::vector<double> origin = gaussian_numbers(10, 1);
  const std::vector<double> x = times(1e200, gaussian_numbers(10, 2));
  EXPECT_THAT(error_of([&] {
                given_plane(origin, {x, times(3.0, x)}, "given");
              }),
              HasSubstr("parallel (their cosine is 1)"));
  EXPECT_NO_THROW(given_plane(origin, {x, times(1e-200, gaussian_numbers(10, 3))}, "given"));
}

TEST(GivenPlane, RefusesDirectionsThatMakeNoPlane) {
  const std::vector<double> origin = gaussian_numbers(10, 1);
  const std::vector<double> x = gaussian_numbers(10, 2);
  const auto failure = [&](double along, double beside) {
    std::vector<double> y = gaussian_numbers(10, 3);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = along * x[i] + beside * y[i];
    return error_of([&] { given_plane(origin, {x, y}, "given"); });
  };
  EXPECT_THAT(failure(3.0, 0.0), HasSubstr("parallel (their cosine is 1)"));
  EXPECT_THAT(failure(-0.1, 0.0), HasSubstr("parallel (their cosine is -1)"));
  // What is left of a line when both were rounded to float32.
  EXPECT_THAT(failure(1.0, 1e-8), HasSubstr("parallel"));
  EXPECT_EQ(failure(1.0, 1e-3), "(no error)");
  EXPECT_THAT(failure(0.0, 0.0), HasSubstr("direction 2 is zero"));
  EXPECT_NO_THROW(given_plane(origin, {x}, "one"));
}

TEST(TrajectoryPlane, HasOrthonormalAxesAndReportsTheDistanceFromThePlane) {
  // Checkpoints in a known plane, but for the second, which is lifted out of it by a known length.
  const std::vector<double> end = gaussian_numbers(50, 1);
  std::vector<double> u(50, 0.0);
  std::vector<double> v(50, 0.0);
  u[3] = 1.0;
  v[17] = 1.0;
  const auto at = [&](double x, double y, double lift) {
    std::vector<double> theta = end;
    theta[3] += x;
    theta[17] += y;
    theta[40] += lift;
    return theta;
  };
  const Plane plane = trajectory_plane({{"step-1", at(8, 1, 0)},
                                        {"step-2", at(5, 4, 1e-3)},
                                        {"step-3", at(2, 3, 0)},
                                        {"step-4", end}});
  const auto& [x, y] = std::tie(plane.slice.directions[0], plane.slice.directions[1]);
  EXPECT_LE(std::fabs(norm(x) - 1.0), rounding);
  EXPECT_LE(std::fabs(norm(y) - 1.0), rounding);
  EXPECT_LE(std::fabs(dot(x, y)), 1e-10);
  EXPECT_EQ(plane.slice.origin, end);
  ASSERT_EQ(plane.marks.size(), 4U);
  // Pythagoras: what the two coordinates do not explain of a checkpoint's distance is out of the
  // plane.
  const std::array<double, 3> squares{8 * 8 + 1, 5 * 5 + 4 * 4 + 1e-6, 2 * 2 + 3 * 3};
  for (std::size_t k = 0; k < 3; ++k) {
    const PlaneMark& mark = plane.marks[k];
    const double explained = mark.x * mark.x + mark.y * mark.y;
    EXPECT_LE(std::fabs(explained + mark.out_of_plane * mark.out_of_plane - squares[k]), 1e-11);
    EXPECT_LE(mark.out_of_plane, 1e-3);
  }
  EXPECT_GT(plane.marks[1].out_of_plane, 1e-4);
  EXPECT_LE(std::hypot(plane.marks[3].x, plane.marks[3].y), rounding);
}

TEST(TrajectoryPlane, IsTheSameWhereSquaresOverflow) {
  std::vector<std::pair<std::string, std::vector<double>>> steps;
  for (unsigned k = 0; k < 4; ++k) steps.emplace_back("step", gaussian_numbers(30, k));
  const Plane plane = trajectory_plane(steps);
  for (auto& [name, theta] : steps) theta = times(0x1p600, theta);
  const Plane scaled = trajectory_plane(steps);
  EXPECT_EQ(scaled.slice.directions, plane.slice.directions);
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(scaled.marks[k].x, 0x1p600 * plane.marks[k].x);
    EXPECT_EQ(scaled.marks[k].y, 0x1p600 * plane.marks[k].y);
    EXPECT_EQ(scaled.marks[k].out_of_plane, 0x1p600 * plane.marks[k].out_of_plane);
  }
  for (double& x : steps[0].second) x = std::copysign(1.7e308, x);
  EXPECT_THAT(error_of([&] { trajectory_plane(steps); }), HasSubstr("too far"));
}

TEST(EnclosingAxes, ShowEveryMark) {
  Plane plane;
  plane.marks = {{"a", -2, 0}, {"b", 4, 1}};
  const auto [x, y] = enclosing_axes(plane, 11);
  EXPECT_LT(x.minimum, -2);
  EXPECT_GT(x.maximum, 4);
  EXPECT_LT(y.minimum, 0);
  EXPECT_GT(y.maximum, 1);
  EXPECT_DOUBLE_EQ(x.maximum - x.minimum, y.maximum - y.minimum);
}

}  // namespace
}  // namespace convexscan
