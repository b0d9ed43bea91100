// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/convexity.hpp"
#include "shared/special_values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace convexscan {
namespace {

std::vector<double> surface(std::int64_t columns, std::int64_t rows,
                            const std::function<double(double, double)>& f) {
  std::vector<double> values;
  for (std::int64_t y = 0; y < rows; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      values.push_back(f(static_cast<double>(x), static_cast<double>(y)));
    }
  }
  return values;
}

/// The envelope by its definition: the lowest convex combination of one, two or three other points.
std::vector<double> gaps_over_all_triples(std::int64_t columns, const std::vector<double>& f) {
  std::vector<std::int64_t> points;
  for (std::size_t p = 0; p < f.size(); ++p) {
    if (std::isfinite(f[p])) points.push_back(static_cast<std::int64_t>(p));
  }
  const auto area = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
    const std::int64_t ax = a % columns, ay = a / columns;
    return (b % columns - ax) * (c / columns - ay) - (c % columns - ax) * (b / columns - ay);
  };
  const auto value = [&](std::int64_t p) {
    return static_cast<long double>(f[static_cast<std::size_t>(p)]);
  };
  std::vector<double> gaps(f.size(), nan);
  for (const std::int64_t p : points) {
    long double lowest = value(p);
    for (const std::int64_t a : points) {
      for (const std::int64_t b : points) {
        if (b <= a) continue;
        const std::int64_t dot = (p % columns - a % columns) * (b % columns - p % columns) +
                                 (p / columns - a / columns) * (b / columns - p / columns);
        if (area(a, b, p) == 0 && dot > 0) {  // p is between a and b
          const long double whole = std::hypot(static_cast<long double>(b % columns - a % columns),
                                               static_cast<long double>(b / columns - a / columns));
          const long double part = std::hypot(static_cast<long double>(p % columns - a % columns),
                                              static_cast<long double>(p / columns - a / columns));
          lowest = std::min(lowest, value(a) + (value(b) - value(a)) * (part / whole));
        }
        for (const std::int64_t c : points) {
          if (c <= b) continue;
          const std::int64_t whole = area(a, b, c);
          if (whole == 0) continue;
          const std::int64_t sign = whole < 0 ? -1 : 1;
          const std::int64_t u = sign * area(p, b, c), v = sign * area(a, p, c),
                             w = sign * area(a, b, p);
          if (u < 0 || v < 0 || w < 0) continue;
          lowest = std::min(lowest, (static_cast<long double>(u) * value(a) +
                                     static_cast<long double>(v) * value(b) +
                                     static_cast<long double>(w) * value(c)) /
                                        static_cast<long double>(sign * whole));
        }
      }
    }
    gaps[static_cast<std::size_t>(p)] = static_cast<double>(value(p) - lowest);
  }
  return gaps;
}

double largest(const std::vector<double>& values) {
  double result = 0.0;
  for (const double v : values) {
    if (std::isfinite(v)) result = std::max(result, std::fabs(v));
  }
  return result;
}

void expect_the_envelope_of_all_triples(std::int64_t columns, std::int64_t rows,
                                        const std::vector<double>& f) {
  const SurfaceConvexity found = surface_convexity({columns, rows, f});
  const std::vector<double> expected = gaps_over_all_triples(columns, f);
  // The reference rounds: a few roundings of the largest value.
  const double tolerance = 8.0 * std::numeric_limits<double>::epsilon() * largest(f);
  double worst = 0.0;
  for (std::size_t p = 0; p < f.size(); ++p) {
    ASSERT_EQ(std::isnan(found.gap[p]), std::isnan(expected[p])) << p;
    if (std::isnan(expected[p])) continue;
    ASSERT_GE(found.gap[p], 0.0) << p;
    ASSERT_LE(std::fabs(found.gap[p] - expected[p]), tolerance)
        << p << ": " << found.gap[p] << " instead of " << expected[p];
    worst = std::max(worst, found.gap[p]);
  }
  // The witness proves the largest gap.
  if (worst == 0.0) {
    EXPECT_EQ(found.worst.point, -1);
    return;
  }
  ASSERT_EQ(found.gap[static_cast<std::size_t>(found.worst.point)], worst);
  double x = 0.0, y = 0.0, sum = 0.0, mixed = 0.0;
  for (std::size_t k = 0; k < found.worst.proof.size(); ++k) {
    EXPECT_GT(found.worst.weight[k], 0.0);
    sum += found.worst.weight[k];
    x += found.worst.weight[k] * static_cast<double>(found.worst.proof[k] % columns);
    y += found.worst.weight[k] * static_cast<double>(found.worst.proof[k] / columns);
    mixed += found.worst.weight[k] * f[static_cast<std::size_t>(found.worst.proof[k])];
  }
  EXPECT_LE(std::fabs(sum - 1.0), 1e-15);
  EXPECT_LE(std::fabs(x - static_cast<double>(found.worst.point % columns)), 1e-13);
  EXPECT_LE(std::fabs(y - static_cast<double>(found.worst.point / columns)), 1e-13);
  EXPECT_LE(std::fabs(f[static_cast<std::size_t>(found.worst.point)] - mixed - worst), tolerance);
  EXPECT_LE(std::fabs(found.worst.gap - worst), tolerance);
}

TEST(SurfaceConvexity, IsTheEnvelopeOfAllTriplesOnRandomSurfaces) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const auto& [columns, rows] : {std::pair{2, 2}, {3, 3}, {5, 4}, {7, 7}, {9, 5}, {2, 12}}) {
    for (int repeat = 0; repeat < 5; ++repeat) {
      expect_the_envelope_of_all_triples(
          columns, rows, surface(columns, rows, [&](double, double) { return normal(random); }));
    }
  }
}

TEST(SurfaceConvexity, IsTheEnvelopeOfAllTriplesOnSurfacesFullOfTies) {
  std::mt19937 random(2);
  for (int levels = 2; levels < 6; ++levels) {
    for (int repeat = 0; repeat < 5; ++repeat) {
      std::uniform_int_distribution<int> level(0, levels - 1);
      expect_the_envelope_of_all_triples(
          7, 6, surface(7, 6, [&](double, double) { return level(random); }));
    }
  }
}

TEST(SurfaceConvexity, IsTheEnvelopeOfAllTriplesOnPiecewiseLinearSurfaces) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  const auto relu = [](double z) { return z > 0 ? z : 0.0; };
  for (int repeat = 0; repeat < 10; ++repeat) {
    double c[9];
    for (double& value : c) value = normal(random);
    expect_the_envelope_of_all_triples(8, 6, surface(8, 6, [&](double x, double y) {
                                         return c[0] * relu(c[1] * (x - 4) + c[2] * (y - 3)) +
                                                c[3] * relu(c[4] * x - c[5] * y) + c[6] * x +
                                                c[7] * relu(y - 2.5 + c[8]);
                                       }));
  }
}

TEST(SurfaceConvexity, ScalesWithTheSurfaceOverTwentyFourDecades) {
  std::mt19937 random(4);
  std::normal_distribution<double> normal;
  const std::vector<double> f = surface(7, 7, [&](double, double) { return normal(random); });
  for (const double scale : {1e-300, 1e-12, 1e12, 1e300}) {
    std::vector<double> scaled = f;
    for (double& value : scaled) value *= scale;
    expect_the_envelope_of_all_triples(7, 7, scaled);
  }
  // Twelve decades within one surface.
  expect_the_envelope_of_all_triples(
      8, 7, surface(8, 7, [&](double, double) { return std::pow(10.0, 6.0 * normal(random)); }));
}

TEST(SurfaceConvexity, LeavesOutWhatIsNotFinite) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  std::bernoulli_distribution missing(0.4);
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<double> f = surface(7, 7, [&](double, double) { return normal(random); });
    for (double& value : f) {
      if (missing(random)) value = repeat % 2 == 0 ? nan : std::numeric_limits<double>::infinity();
    }
    expect_the_envelope_of_all_triples(7, 7, f);
  }
}

TEST(SurfaceConvexity, HandlesPointsOnOneLineAndFewer) {
  const std::vector<double> f{0, 3, 1, nan, 0, 2};
  for (const bool row : {true, false}) {
    const SurfaceConvexity found = surface_convexity({row ? 6 : 1, row ? 1 : 6, f});
    EXPECT_EQ(found.gap[1], 3.0);
    EXPECT_EQ(found.gap[2], 1.0);
    EXPECT_TRUE(std::isnan(found.gap[3]));
    EXPECT_EQ(found.worst.proof, (std::vector<std::int64_t>{0, 4}));
  }
  // On a diagonal, and every second point of it.
  std::vector<double> diagonal(25, nan);
  diagonal[0] = 1, diagonal[12] = 5, diagonal[24] = 3;
  const SurfaceConvexity found = surface_convexity({5, 5, diagonal});
  EXPECT_EQ(found.gap[12], 3.0);
  EXPECT_EQ(found.worst.point, 12);
  std::vector<double> one(9, nan);
  EXPECT_EQ(surface_convexity({3, 3, one}).worst.point, -1);
  one[4] = 2.0;
  EXPECT_EQ(surface_convexity({3, 3, one}).gap[4], 0.0);
  one[6] = 2.0;
  EXPECT_EQ(surface_convexity({3, 3, one}).gap[6], 0.0);
}

TEST(SurfaceConvexity, IsExactOnSurfacesMadeByHand) {
  const SurfaceConvexity saddle = surface_convexity(
      {3, 3, surface(3, 3, [](double x, double y) { return (x - 1) * (y - 1); })});
  // The middle is halfway between the corners at −1; the sides are straight.
  EXPECT_EQ(saddle.gap, (std::vector<double>{0, 0, 0, 0, 1, 0, 0, 0, 0}));
  // A tent of height one in a flat field.
  std::vector<double> tent(25, 0.0);
  tent[12] = 1.0;
  const SurfaceConvexity found = surface_convexity({5, 5, tent});
  for (std::size_t p = 0; p < 25; ++p) EXPECT_EQ(found.gap[p], p == 12 ? 1.0 : 0.0);
}

TEST(SurfaceConvexity, IsZeroEverywhereOnWholeNumberedConvexSurfaces) {
  const auto expect_none = [](std::int64_t columns, std::int64_t rows,
                              const std::vector<double>& f) {
    const SurfaceConvexity found = surface_convexity({columns, rows, f});
    for (const double gap : found.gap) ASSERT_EQ(gap, 0.0);
    EXPECT_EQ(found.worst.point, -1);
  };
  expect_none(65, 40, surface(65, 40, [](double, double) { return 7.0; }));
  expect_none(65, 40, surface(65, 40, [](double x, double y) { return 3 * x - 5 * y; }));
  expect_none(129, 129, surface(129, 129, [](double x, double y) { return x * x + y * y; }));
  expect_none(101, 77,
              surface(101, 77, [](double x, double y) { return std::pow(x + 37 * y, 2) + x; }));
  expect_none(3, 200, surface(3, 200, [](double x, double y) {
                return std::pow(x - 1, 4) + std::pow(y - 99, 4);
              }));
  expect_none(200, 3, surface(200, 3, [](double x, double y) { return std::max(x - 50, 3 * y); }));
}

TEST(SurfaceConvexity, OfAConcaveSurfaceStandsOnItsCorners) {
  const std::int64_t columns = 200, rows = 3;
  const SurfaceConvexity found = surface_convexity(
      {columns, rows, surface(columns, rows, [](double x, double y) { return -x * x - y * y; })});
  EXPECT_EQ(found.gap[100], 100.0 * 99.0);  // −x² + 199x at x = 100
}

TEST(LineConvexity, KnowsThatACubicIsQuasiConvexAndNotConvex) {
  std::vector<double> f;
  for (int i = -50; i <= 50; ++i) f.push_back(std::pow(i, 3));
  const LineConvexity line = line_convexity(f);
  EXPECT_EQ(line.worst_quasi_gap, 0.0);
  // The tangent from (−50, −50³) touches at x = 25: the gap at x is x³ + 50³ − 1875·(x + 50).
  EXPECT_EQ(line.gap[25], -15625.0 + 125000.0 - 1875.0 * 25.0);
  EXPECT_EQ(line.gap[75], 0.0);
  EXPECT_GT(line.worst.gap, 0.0);
}

TEST(LineConvexity, KnowsThatTwoWellsAreNeither) {
  std::vector<double> f;
  for (int i = -8; i <= 8; ++i) f.push_back(std::pow(i * i / 16.0 - 1.0, 2));  // wells at ±4 of 4
  const LineConvexity line = line_convexity(f);
  EXPECT_EQ(line.worst_quasi_gap, 1.0);
  EXPECT_EQ(line.worst_quasi_at, 8);
  EXPECT_EQ(line.worst.gap, 1.0);
  EXPECT_EQ(line.worst.proof, (std::vector<std::int64_t>{4, 12}));
  // From one well to the other the barrier is the hill between.
  const LineConvexity between = line_convexity(std::span(f).subspan(4, 9));
  EXPECT_EQ(between.barrier, 1.0);
  EXPECT_EQ(between.barrier_at, 4);
}

TEST(LineConvexity, HasNoBarrierBelowTheChordAndNoneFromAnEndThatIsNotFinite) {
  EXPECT_EQ(line_convexity(std::vector<double>{4, 1, 0, 1, 4}).barrier, 0.0);
  EXPECT_TRUE(std::isnan(line_convexity(std::vector<double>{nan, 1, 0}).barrier));
  EXPECT_EQ(line_convexity(std::vector<double>{0, nan, 1, 0}).barrier, 1.0);
  EXPECT_TRUE(std::isnan(line_convexity(std::vector<double>{1, nan, infinity, 0}).barrier));
  EXPECT_EQ(line_convexity(std::vector<double>{1, 0}).barrier, 0.0);
}

}  // namespace
}  // namespace convexscan
