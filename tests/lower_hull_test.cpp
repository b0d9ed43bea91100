// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "lower_hull.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>

#include "convexscan/convexity.hpp"
#include "facet_points.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

/// A function on [−1, 1]² at side × side points.
std::vector<double> surface(std::int64_t side, const std::function<double(double, double)>& f) {
  std::vector<double> values;
  const auto place = [side](std::int64_t i) {
    return 2.0 * static_cast<double>(i) / static_cast<double>(side - 1) - 1.0;
  };
  for (std::int64_t j = 0; j < side; ++j) {
    for (std::int64_t i = 0; i < side; ++i) values.push_back(f(place(i), place(j)));
  }
  return values;
}

/// Surfaces whose hulls have long thin facets, many facets, few, or ties.
std::map<std::string, std::function<double(double, double)>> families() {
  const auto rosenbrock = [](double range) {
    return [range](double x, double y) {
      return std::pow(1 - range * x, 2) + 100 * std::pow(range * y - range * range * x * x, 2);
    };
  };
  return {{"bowl", [](double x, double y) { return x * x + y * y; }},
          {"wide bowl", [](double x, double y) { return x * x + 1e6 * y * y; }},
          {"tall bowl", [](double x, double y) { return 1e6 * x * x + y * y; }},
          {"turned bowl",
           [](double x, double y) {
             return std::pow(0.6 * x + 0.8 * y, 2) + 1e-6 * std::pow(0.8 * x - 0.6 * y, 2);
           }},
          {"ridge", [](double x, double y) { return std::pow(x + 300 * y, 2); }},
          {"Rosenbrock on ±2", rosenbrock(2.0)},
          {"Rosenbrock on ±1000", rosenbrock(1000.0)},
          {"exponential", [](double x, double y) { return std::exp(30 * x + y); }},
          {"cone", [](double x, double y) { return std::hypot(x, y); }},
          {"x²y²", [](double x, double y) { return x * x * y * y; }},
          {"flat", [](double, double) { return 1.0; }},
          {"cliff", [](double x, double) { return x > 0.1 ? 1e12 : x; }}};
}

TEST(SurfaceConvexity, TakesElevenStepsAPointWhateverTheSurface) {
  // An insertion makes fewer than six facets on average, and every point is placed once and moved
  // at most 3·ln 4 times while its batch makes four points of one: 6 + 1 + 4.2, and a tenth more
  // for chance and the small first batch.
  for (const auto& [name, f] : families()) {
    for (const std::int64_t side : {65, 129, 257}) {
      const std::vector<double> values = surface(side, f);
      const SurfaceConvexity found = surface_convexity({side, side, values});
      EXPECT_LT(static_cast<double>(found.steps) / static_cast<double>(side * side), 12.3)
          << name << " at " << side;
    }
  }
}

TEST(SurfaceConvexity, TellsHowFarItIsAndEndsWhenToldTo) {
  const std::vector<double> values = surface(129, [](double x, double y) { return x * x + y * y; });
  std::int64_t last = -1;
  surface_convexity({129, 129, values}, [&](std::int64_t done, std::int64_t whole) {
    EXPECT_GT(done, last);
    EXPECT_LT(done, whole);
    last = done;
  });
  EXPECT_GT(last, 15 * 1024);
  EXPECT_THROW(surface_convexity({129, 129, values}, [](std::int64_t, std::int64_t) { throw 1; }),
               int);
}

TEST(FacetPoints, AreAllThePointsOfATriangleHoweverThin) {
  constexpr std::int64_t columns = 41;
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> any(0, columns * columns - 1);
  const auto area = [](std::int64_t a, std::int64_t b, std::int64_t c) {
    const std::int64_t ax = a % columns, ay = a / columns;
    return (b % columns - ax) * (c / columns - ay) - (c % columns - ax) * (b / columns - ay);
  };
  int thin = 0;
  for (int repeat = 0; repeat < 20000; ++repeat) {
    Facet facet{any(random), any(random), any(random)};
    if (repeat % 2 == 0) {  // a neighbour of a point on the first side
      facet[2] = (facet[0] + facet[1]) / 2 + 1;
    }
    const std::int64_t whole = area(facet[0], facet[1], facet[2]);
    if (whole == 0) continue;
    if (whole < 0) std::swap(facet[1], facet[2]);
    if (std::abs(whole) < 20) ++thin;
    std::vector<std::int32_t> expected, found;
    for (std::int32_t p = 0; p < columns * columns; ++p) {
      if (area(facet[0], facet[1], p) >= 0 && area(facet[1], facet[2], p) >= 0 &&
          area(facet[2], facet[0], p) >= 0) {
        expected.push_back(p);
      }
    }
    for_each_point(facet, columns, [&](std::int32_t p) { found.push_back(p); });
    std::ranges::sort(found);
    ASSERT_EQ(found, expected);
  }
  EXPECT_GT(thin, 1000);
}

TEST(FacetPoints, LieOnFewRows) {
  std::mt19937 random(2);
  std::uniform_int_distribution<std::int64_t> any(-1000000, 1000000);
  std::uniform_int_distribution<std::int64_t> near(-3, 3);
  for (int repeat = 0; repeat < 10000; ++repeat) {
    const WholePoint u{any(random), any(random)};
    // Beside a fraction of u, so that the area is small beside the length.
    const WholePoint v = repeat % 2 == 0 ? WholePoint{any(random), any(random)}
                                         : WholePoint{u.x / 3 + near(random), u.y / 3};
    const std::int64_t twice_the_area = std::abs(u.x * v.y - u.y * v.x);
    if (twice_the_area == 0) continue;
    const LatticeRows rows({u, {v.x - u.x, v.y - u.y}, {-v.x, -v.y}});
    EXPECT_EQ(rows.column.x * rows.row.y - rows.column.y * rows.row.x, 1);
    const auto [low, high] = std::minmax({std::int64_t{0}, dot(rows.row, u), dot(rows.row, v)});
    ASSERT_LE(static_cast<double>(high - low), 1.2 * std::sqrt(static_cast<double>(twice_the_area)))
        << u.x << "," << u.y << " " << v.x << "," << v.y;
  }
}

/// The lower envelope of values at 0, 1, 2, … by all pairs; +∞ where there is none.
std::vector<long double> line_envelope(const std::vector<long double>& f) {
  std::vector<long double> envelope = f;
  for (std::size_t a = 0; a < f.size(); ++a) {
    for (std::size_t b = a + 2; b < f.size(); ++b) {
      if (std::isinf(f[a]) || std::isinf(f[b])) continue;
      for (std::size_t p = a + 1; p < b; ++p) {
        const long double chord =
            (static_cast<long double>(b - p) * f[a] + static_cast<long double>(p - a) * f[b]) /
            static_cast<long double>(b - a);
        envelope[p] = std::min(envelope[p], chord);
      }
    }
  }
  return envelope;
}

/// The gaps on three rows. The outer rows see only themselves; a point of the middle one is a
/// combination of points of its row and of halves of the two others, whose envelopes are piecewise
/// linear with whole corners, so that the lowest half sum over a place x/2 is one of whole places.
std::vector<double> gaps_on_three_rows(const std::vector<double>& f) {
  const std::size_t columns = f.size() / 3;
  std::vector<std::vector<long double>> row(3);
  for (std::size_t p = 0; p < f.size(); ++p) {
    row[p / columns].push_back(std::isfinite(f[p]) ? static_cast<long double>(f[p]) : infinity);
  }
  const std::vector<long double> below = line_envelope(row[0]);
  const std::vector<long double> above = line_envelope(row[2]);
  std::vector<long double> halves(2 * columns - 1, infinity);
  for (std::size_t a = 0; a < columns; ++a) {
    halves[2 * a] = std::min(halves[2 * a], row[1][a]);
    for (std::size_t b = 0; b < columns; ++b) {
      halves[a + b] = std::min(halves[a + b], (below[a] + above[b]) / 2);
    }
  }
  const std::vector<long double> middle = line_envelope(halves);
  std::vector<double> gaps;
  for (std::size_t p = 0; p < f.size(); ++p) {
    const std::size_t x = p % columns;
    const long double envelope =
        p / columns == 1 ? middle[2 * x] : (p < columns ? below : above)[x];
    gaps.push_back(static_cast<double>(row[p / columns][x] - envelope));
  }
  return gaps;
}

void expect_the_envelope_of_three_rows(const std::vector<double>& f) {
  const std::size_t columns = f.size() / 3;
  const auto across = static_cast<std::int64_t>(columns);
  std::vector<double> turned(f.size());
  double largest = 0.0;
  for (std::size_t p = 0; p < f.size(); ++p) {
    turned[p % columns * 3 + p / columns] = f[p];
    if (std::isfinite(f[p])) largest = std::max(largest, std::fabs(f[p]));
  }
  const std::vector<double> expected = gaps_on_three_rows(f);
  const SurfaceConvexity wide = surface_convexity({across, 3, f});
  const SurfaceConvexity tall = surface_convexity({3, across, turned});
  // A gap is a difference of numbers up to the largest, right to a few roundings of that.
  const double tolerance = 8.0 * std::numeric_limits<double>::epsilon() * largest;
  for (std::size_t p = 0; p < f.size(); ++p) {
    const double other = tall.gap[p % columns * 3 + p / columns];
    ASSERT_EQ(std::isnan(wide.gap[p]), !std::isfinite(f[p])) << p;
    ASSERT_EQ(std::isnan(other), !std::isfinite(f[p])) << p;
    if (!std::isfinite(f[p])) continue;
    ASSERT_LE(std::fabs(wide.gap[p] - expected[p]), tolerance) << p;
    ASSERT_LE(std::fabs(other - expected[p]), tolerance) << p;
  }
}

TEST(SurfaceConvexity, IsTheEnvelopeOnThreeRowsOfTwoHundredPoints) {
  std::mt19937 random(6);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> level(0, 3);
  std::bernoulli_distribution missing(0.2);
  const auto make = [&](const std::function<double(double, double)>& f) {
    std::vector<double> values;
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 200; ++x) values.push_back(f(x, y));
    }
    return values;
  };
  const auto relu = [](double z) { return z > 0 ? z : 0.0; };
  const std::vector<std::vector<double>> surfaces{
      make([&](double, double) { return normal(random); }),
      make([&](double, double) { return level(random); }),
      make([](double, double) { return 0.1; }),
      make([](double x, double y) { return 0.1 * x - 0.7 * y; }),
      make([&](double x, double y) { return x * x + y + 1e-3 * normal(random); }),
      make([&](double x, double y) {
        return relu(0.3 * x - 20 + y) - relu(0.1 * x - 9) + relu(40 - 0.4 * x - 3 * y);
      })};
  for (const std::vector<double>& f : surfaces) {
    for (const double scale : {1.0, 1e-12, 1e12}) {
      std::vector<double> scaled = f;
      for (double& value : scaled) value *= scale;
      expect_the_envelope_of_three_rows(scaled);
    }
    std::vector<double> holed = f;
    for (std::size_t p = 0; p < holed.size(); ++p) {
      if (missing(random)) holed[p] = std::numeric_limits<double>::quiet_NaN();
    }
    expect_the_envelope_of_three_rows(holed);
  }
}

}  // namespace
}  // namespace convexscan
