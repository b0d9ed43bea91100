// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "convexscan/backend.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/segments.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

/// Three points of a 3-4-5 triangle.
Dataset triangle() {
  Dataset data;
  data.samples = 3;
  data.features = 2;
  data.target_width = 1;
  data.inputs = {0, 0, 3, 0, 0, 4};
  data.targets = {1, 2, 3};
  data.source = "triangle";
  data.hash = "abc";
  return data;
}

/// Distances 3, 4 and 5 have the median 4; all three points are centres, in some order.
TEST(Features, OfATriangleAreGaussiansOfItsSides) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Dataset out = with_features(triangle(), parse_features("rbf:3"), seed);
    ASSERT_EQ(out.features, 3);
    const auto at = [](double distance) { return std::exp(-distance * distance / 32.0); };
    const std::vector<std::vector<double>> expected{
        {1, at(3), at(4)}, {at(3), 1, at(5)}, {at(4), at(5), 1}};
    for (std::size_t s = 0; s < 3; ++s) {
      std::vector<double> row(out.inputs.begin() + static_cast<std::ptrdiff_t>(3 * s),
                              out.inputs.begin() + static_cast<std::ptrdiff_t>(3 * s + 3));
      std::vector<double> wanted = expected[s];
      std::ranges::sort(row);
      std::ranges::sort(wanted);
      for (std::size_t k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(row[k], wanted[k]);
    }
    EXPECT_EQ(out.targets, triangle().targets);
    EXPECT_NE(out.feature_map.find("3 rbf features of width 4 (median"), std::string::npos);
  }
}

TEST(Features, HaveTheWidthThatIsGiven) {
  const Dataset out = with_features(triangle(), parse_features("rbf:1:0.5"), 1);
  int ones = 0;
  for (const double value : out.inputs) {
    ones += value == 1.0 ? 1 : 0;
    // ‖x − c‖²/(2·½²) is 2·9, 2·16 or 2·25.
    const double exponent = -std::log(value);
    EXPECT_TRUE(value == 1.0 || std::fabs(exponent - 18) < 1e-12 ||
                std::fabs(exponent - 32) < 1e-12 || std::fabs(exponent - 50) < 1e-12)
        << value;
  }
  EXPECT_EQ(ones, 1);
}

/// With one sample at the origin a unit gives σ(b); at x it adds w·x, and w·(x + x') are sums.
TEST(Features, OfRandomUnitsAreAnAffineMapAndItsActivation) {
  Dataset data;
  data.samples = 4;
  data.features = 2;
  data.inputs = {0, 0, 1, 0, 0, 1, 1, 1};
  const auto features = [&](const char* text) {
    return with_features(data, parse_features(text), 7).inputs;
  };
  const std::vector<double> z = features("identity:50");
  const std::vector<double> rectified = features("relu:50");
  const std::vector<double> bent = features("tanh:50");
  int negative = 0;
  for (std::size_t k = 0; k < 50; ++k) {
    // Numbers below 5 from three sums: a few times 5ε.
    EXPECT_NEAR(z[150 + k] - z[50 + k], z[100 + k] - z[k], 1e-14);
  }
  for (std::size_t i = 0; i < z.size(); ++i) {
    EXPECT_EQ(rectified[i], std::max(z[i], 0.0));
    EXPECT_NEAR(bent[i], std::tanh(z[i]), 1e-15);
    negative += z[i] < 0.0 ? 1 : 0;
  }
  EXPECT_GT(negative, 20);
  EXPECT_LT(negative, 180);
}

/// Weights of variance ½ and offsets of variance 1, from 20,000 of each: the deviation of a mean
/// square is √(2/20000), 1 % of it, of which five are allowed.
TEST(Features, OfRandomUnitsHaveTheStatedVariances) {
  Dataset data;
  data.samples = 2;
  data.features = 2;
  data.inputs = {0, 0, 1, 0};
  constexpr std::size_t units = 20000;
  const std::vector<double> z = with_features(data, parse_features("identity:20000"), 3).inputs;
  double weights = 0.0;
  double offsets = 0.0;
  for (std::size_t k = 0; k < units; ++k) {
    offsets += z[k] * z[k] / units;
    weights += (z[units + k] - z[k]) * (z[units + k] - z[k]) / units;
  }
  EXPECT_NEAR(offsets, 1.0, 0.05);
  EXPECT_NEAR(weights, 0.5, 0.025);
}

TEST(Features, DifferWithTheSeedAndSoDoTheirHashes) {
  const Dataset data = random_dataset(30, 3, 1, Loss::mse, 1);
  for (const char* text : {"rbf:5", "relu:5", "sin:5"}) {
    const Dataset first = with_features(data, parse_features(text), 1);
    const Dataset again = with_features(data, parse_features(text), 1);
    const Dataset other = with_features(data, parse_features(text), 2);
    EXPECT_EQ(first.inputs, again.inputs);
    EXPECT_EQ(first.hash, again.hash);
    EXPECT_NE(first.inputs, other.inputs);
    EXPECT_NE(first.hash, other.hash);
  }
  EXPECT_TRUE(with_features(triangle(), parse_features("rbf:2"), 1).hash.starts_with("abc,"));
}

TEST(Features, TakeEveryCentreOnce) {
  const Dataset data = random_dataset(40, 3, 1, Loss::mse, 1);
  const Dataset out = with_features(data, parse_features("rbf:40:1e-3"), 5);
  // At this width a sample is seen by its own centre alone.
  for (std::size_t s = 0; s < 40; ++s) {
    EXPECT_EQ(std::count(out.inputs.begin() + static_cast<std::ptrdiff_t>(40 * s),
                         out.inputs.begin() + static_cast<std::ptrdiff_t>(40 * s + 40), 1.0),
              1);
  }
}

/// "Convex neural networks": fixed hidden units and a convex loss in the output weights, with L1.
TEST(Features, MakeTheLossConvexInTheOutputWeights) {
  for (const char* text : {"rbf:6", "relu:6", "tanh:6"}) {
    for (const Loss loss : {Loss::mse, Loss::cross_entropy, Loss::binary_cross_entropy}) {
      const std::int64_t outputs = loss == Loss::cross_entropy ? 3 : 1;
      const Dataset data =
          with_features(random_dataset(25, 2, outputs, loss, 4), parse_features(text), 2);
      Objective objective{
          network_task(Model({{6, outputs}}), data, loss, std::nullopt), {}, {}, "all"};
      objective.penalty.terms = {parse_penalty("l1=0.01")};
      objective.subset = parameter_subset(objective, "all");
      const auto backend = make_backend("cpu", objective, Precision::float64);
      const ScanResult scanned = scan(*backend, random_slice(objective.parameter_count(), 2, 3),
                                      grid({-2, 2, 7}, {-2, 2, 7}),
                                      {Quantity::min_eigenvalue, Quantity::min_eigenvalue_error});
      const auto& lowest = scanned.values.at(Quantity::min_eigenvalue).data;
      const auto& error = scanned.values.at(Quantity::min_eigenvalue_error).data;
      for (std::size_t p = 0; p < lowest.size(); ++p) EXPECT_GE(lowest[p], -error[p]) << text;
      const SegmentScan segments = scan_segments(
          *backend, objective, Precision::float64,
          random_segments(objective, std::vector<double>(6 * std::size_t(outputs) + outputs),
                          parse_region("box:3"), 1),
          200, Axis{0, 1, 9}.values());
      EXPECT_EQ(segments.violations, 0) << text;
    }
  }
}

TEST(Features, ExplainWhatIsWrong) {
  for (const char* text : {"rbf", "rbf:0", "rbf:x", "rbf:3:0", "rbf:3:x", "relu:3:1", "tahn:3", "",
                           "rbf:3:1:1", "rbf:-1", "rbf:99999999999"}) {
    EXPECT_THROW(parse_features(text), UsageError) << text;
  }
  EXPECT_THROW(with_features(triangle(), parse_features("rbf:4"), 1), Error);
  EXPECT_THROW(with_features(triangle(), parse_features("rbf:1"), 1), Error);
  Dataset same = triangle();
  same.inputs = {1, 1, 1, 1, 1, 1};
  EXPECT_THROW(with_features(same, parse_features("rbf:3"), 1), Error);
}

}  // namespace
}  // namespace convexscan
