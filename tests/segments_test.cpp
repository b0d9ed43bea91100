// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/segments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <numeric>

#include "convexscan/error.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

std::vector<double> places(std::int64_t count) { return Axis{0, 1, count}.values(); }

Objective landscape_objective(std::string_view name) {
  Objective objective{landscape(name), {}, {}, "all"};
  objective.subset = parameter_subset(objective, "all");
  return objective;
}

SegmentScan scan_of(const Objective& objective, const SegmentSource& source, std::int64_t count,
                    std::int64_t points, Precision precision = Precision::float64) {
  return scan_segments(*make_backend("cpu", objective, precision), objective, precision, source,
                       count, places(points));
}

double column(const SegmentScan& scan, std::string_view name, std::size_t segment = 0) {
  for (const DerivedMap& map : scan.result.per_segment) {
    if (map.name == name) return map.data.at(segment);
  }
  ADD_FAILURE() << "no column " << name;
  return 0.0;
}

TEST(Segments, KnowTheCubicsGapAndDerivatives) {
  // −x³ from 1 to −1, so (1 − 2t)³ negated: x³ run from −1 up.
  const Objective objective = landscape_objective("cubic");
  const std::vector<double> from{1.0}, to{-1.0};
  const SegmentScan scan = scan_of(objective, given_segment(from, to), 1, 129);
  EXPECT_EQ(scan.violations, 1);
  EXPECT_EQ(scan.quasi_violations, 0);
  // The tangent from (−1, −1) touches x³ at ½ with slope ¾; the gap x³ − (−1 + ¾(x + 1)) is largest
  // where 3x² = ¾, at x = −½: ¼ + … = −1/8 + 1 − 3/8 = ½.
  EXPECT_NEAR(scan.gap.value, 0.5, 1e-15);
  EXPECT_EQ(scan.gap.t, 0.25);
  EXPECT_EQ(scan.result.witness[0], 0.0);
  EXPECT_EQ(scan.result.witness[2], 0.75);
  EXPECT_NEAR(column(scan, "slope_first"), 6.0, 1e-14);
  EXPECT_NEAR(column(scan, "curvature_first"), -24.0, 1e-13);
  EXPECT_NEAR(column(scan, "slope_worst"), 1.5, 1e-14);
  EXPECT_NEAR(column(scan, "curvature_last"), 24.0, 1e-13);
}

TEST(Segments, AreUndecidedWithoutThreeFinitePoints) {
  const Objective objective = landscape_objective("cubic");
  // f = −x³. From 0 to 10²⁰⁰ it overflows at every place but the first; from 0 to −1 it is convex
  // and from 0 to 1 concave.
  const std::vector<double> from{0.0};
  const SegmentScan scan =
      scan_of(objective, segments_from(from, {{1e200}, {-1.0}, {1.0}}), 3, 129);
  EXPECT_EQ(scan.undecided, 1);
  EXPECT_EQ(scan.violations, 1);
  EXPECT_TRUE(std::isfinite(scan.least_real));
  EXPECT_TRUE(std::isinf(column(scan, "least_real_gap", 0)));
  EXPECT_EQ(column(scan, "least_real_gap", 1), column(scan, "least_real_gap", 2));
  // From 0 to 10⁹⁹ it falls to −10²⁹⁷, which is finite, and so is the bound on its rounding.
  EXPECT_EQ(scan_of(objective, segments_from(from, {{1e99}}), 1, 129).undecided, 0);
}

TEST(Segments, KnowTheBarrierBetweenTwoWells) {
  const Objective objective = landscape_objective("double-well");
  const std::vector<double> from{-1.0}, to{1.0};
  const SegmentScan scan = scan_of(objective, given_segment(from, to), 1, 65);
  EXPECT_EQ(scan.barrier.value, 1.0);
  EXPECT_EQ(scan.barrier.t, 0.5);
  EXPECT_EQ(scan.quasi_gap.value, 1.0);
  EXPECT_EQ(scan.violations, 1);
  EXPECT_EQ(scan.quasi_violations, 1);
  EXPECT_EQ(scan.result.worst_ends, (std::vector<double>{-1.0, 1.0}));
}

TEST(Segments, NameTheLargestGapBeyondRounding) {
  // Doubles near 10¹⁵ are an eighth of a radian apart: where a segment ends there, rounding may be
  // all of a gap.
  const Objective objective = landscape_objective("sine");
  const std::vector<double> centre{0.0};
  const SegmentScan scan =
      scan_of(objective, random_segments(objective, centre, parse_region("box:1e15"), 0), 300, 129);
  ASSERT_GT(scan.violations, 0);
  double largest = 0.0, largest_real = 0.0;
  for (std::int64_t k = 0; k < 300; ++k) {
    if (std::isinf(column(scan, "least_real_gap", k))) continue;
    const double gap = column(scan, "largest_convexity_gap", k);
    largest = std::max(largest, gap);
    if (gap > column(scan, "least_real_gap", k)) largest_real = std::max(largest_real, gap);
  }
  ASSERT_GT(largest, largest_real);  // or any order would do
  EXPECT_EQ(scan.gap.value, largest_real);
  EXPECT_TRUE(scan.gap.real());
  EXPECT_EQ(scan.gap.segment, scan.result.worst);
  EXPECT_EQ(scan.quasi_gap.real(), scan.quasi_violations > 0);
  for (const WorstPlace& place : {scan.gap, scan.quasi_gap, scan.barrier}) {
    EXPECT_EQ(place.least_real, column(scan, "least_real_gap", place.segment));
  }
}

TEST(Segments, FindNoViolationOfLogisticRegressionInAHundredThousand) {
  for (const Loss loss : {Loss::cross_entropy, Loss::binary_cross_entropy}) {
    const Objective objective = random_objective(Model({{4, 3}}), 50, loss, 3);
    const std::vector<double> centre = gaussian_numbers(objective.parameter_count(), 4, 0.5);
    for (const Precision precision : {Precision::float64, Precision::float32}) {
      for (const char* region : {"box:0.001", "ball:30"}) {
        const SegmentScan scan =
            scan_of(objective, random_segments(objective, centre, parse_region(region), 1), 25000,
                    9, precision);
        EXPECT_EQ(scan.violations, 0) << region;
        EXPECT_EQ(scan.quasi_violations, 0) << region;
        EXPECT_FALSE(scan.barrier.real()) << region;
        EXPECT_EQ(scan.undecided, 0) << region;
        EXPECT_GT(scan.least_real, 0.0);
        // A gap of a hundredth of the losses would have been seen.
        EXPECT_LT(scan.least_real,
                  0.01 * std::ranges::max(scan.result.values.at(Quantity::loss).data))
            << region;
      }
    }
  }
}

TEST(Segments, FindNoViolationOfAConvexLossThatUnderflows) {
  // Whole units of the last subnormal place are lost, of which a relative bound knows nothing.
  Objective objective =
      random_objective(mlp("1-1", Activation::identity, 0.0, false, false), 2, Loss::mse, 1);
  const std::vector<double> centre{0.0};
  auto& task = std::get<NetworkTask>(objective.task);
  std::ranges::fill(task.targets, 0.0);
  for (const double size : {1e-161, 1e-20}) {  // a float's squares underflow at the second
    task.inputs = {size, 0.7 * size};
    for (const PenaltyTerm& term : {PenaltyTerm{}, PenaltyTerm{.value = 1e-316},
                                    PenaltyTerm{.kind = PenaltyTerm::Kind::l1, .value = 1e-318}}) {
      objective.penalty.terms = {term};
      for (const Precision precision : {Precision::float64, Precision::float32}) {
        const SegmentScan scan =
            scan_of(objective, random_segments(objective, centre, parse_region("box:1"), 7), 200,
                    33, precision);
        EXPECT_EQ(scan.violations, 0) << size << " " << term.value;
        EXPECT_EQ(scan.quasi_violations, 0) << size << " " << term.value;
      }
    }
  }
}

TEST(Segments, OfTheConvexLandscapesHaveNoViolation) {
  for (const char* name :
       {"relu", "log-sum-exp", "max-of-convex", "max-pooling", "convolution-kernel",
        "convolution-input", "exp-of-square", "convolution-pooling", "convolution-layer"}) {
    const Objective objective = landscape_objective(name);
    const std::vector<double> centre(static_cast<std::size_t>(objective.parameter_count()), 0.1);
    const SegmentScan scan = scan_of(
        objective, random_segments(objective, centre, parse_region("box:1.5"), 1), 3000, 33);
    EXPECT_EQ(scan.violations, 0) << name;
  }
}

TEST(Segments, OfTheOtherLandscapesHaveOne) {
  for (const char* name : {"xy", "x2y2", "sine", "double-well", "cubic", "rosenbrock", "hyperbola",
                           "relu-well", "convolution-joint", "linear-map", "root-of-square",
                           "convolution-pooling-loss", "convolution-layer-loss"}) {
    const Objective objective = landscape_objective(name);
    const std::vector<double> centre(static_cast<std::size_t>(objective.parameter_count()), 0.1);
    const SegmentScan scan =
        scan_of(objective, random_segments(objective, centre, parse_region("box:1.5"), 1), 300, 33);
    EXPECT_GT(scan.violations, 0) << name;
  }
}

TEST(Segments, HaveTheBitsOfTheEvaluator) {
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    Objective objective = random_objective(mlp("3-7-5-2", Activation::tanh, 0.0, true, false), 150,
                                           Loss::cross_entropy, 3);
    objective.penalty.terms = {parse_penalty("l2=0.1")};
    const std::vector<double> centre = gaussian_numbers(objective.parameter_count(), 4, 0.5);
    const Segments segments = random_segments(objective, centre, parse_region("box:1"), 1)(33);
    const std::vector<double> t = places(9);
    const auto backend = make_backend("cpu", objective, precision);
    EXPECT_EQ(backend->segment_losses(segments, t), backend->Backend::segment_losses(segments, t));
    std::vector<double> some;
    for (std::int64_t k = 0; k < segments.count(); ++k) some.insert(some.end(), {0.0, 0.3, 1.0});
    const std::vector<double> found = backend->segment_derivatives(segments, some);
    const std::vector<double> expected = backend->Backend::segment_derivatives(segments, some);
    // The gradient is always double: its product with the segment differs by roundings of the sums.
    const double unit = precision == Precision::float64 ? 0x1p-52 : 0x1p-23;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_LE(std::fabs(found[i] - expected[i]), 1e3 * unit * (1.0 + std::fabs(expected[i])))
          << i;
    }
  }
}

/// A backend that counts how often it is asked for losses and for how many segments at once, and
/// may then ask for the end.
class Counting final : public Backend {
 public:
  explicit Counting(const Objective& objective)
      : real_(make_backend("cpu", objective, Precision::float64)) {}

  std::string device() const override { return real_->device(); }
  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    return real_->evaluator(slice, quantities, options);
  }
  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    return real_->gradient(theta, gradient);
  }
  std::vector<double> segment_losses(const Segments& segments, std::span<const double> t) override {
    ++calls;
    most_segments = std::max(most_segments, segments.count());
    stop = stop_at_once;
    return real_->segment_losses(segments, t);
  }

  int calls = 0;
  std::int64_t most_segments = 0;
  bool stop_at_once = false;
  std::atomic<bool> stop{false};

 private:
  std::unique_ptr<Backend> real_;
};

/// As many points as no machine's threads compute between two looks at a request to stop.
TEST(Segments, OfManyPointsComeInPiecesWithTheBitsOfTheWhole) {
  const Objective objective =
      random_objective(mlp("2-3-1", Activation::tanh, 0.0, true, false), 3, Loss::mse, 3);
  const std::vector<double> centre = gaussian_numbers(objective.parameter_count(), 4, 0.5);
  const auto source = [&] { return random_segments(objective, centre, parse_region("box:1"), 1); };
  const std::vector<double> t = places(300'001);
  Counting backend(objective);
  const SegmentScan scan =
      scan_segments(backend, objective, Precision::float64, source(), 2, t, {}, &backend.stop);
  EXPECT_GT(backend.calls, 2);
  EXPECT_EQ(scan.result.values.at(Quantity::loss).data, backend.segment_losses(source()(2), t));
  backend.calls = 0;
  backend.stop_at_once = true;
  EXPECT_THROW(
      scan_segments(backend, objective, Precision::float64, source(), 2, t, {}, &backend.stop),
      Interrupted);
  EXPECT_EQ(backend.calls, 1);
}

/// A backend that is fast gets as many as it does in a quarter of a second.
TEST(Segments, ComeInLargerRoundsWhereTheyAreQuick) {
  const Objective objective =
      random_objective(mlp("1-1", Activation::tanh, 0.0, true, false), 1, Loss::mse, 3);
  const std::vector<double> centre(2, 0.0);
  const auto source = [&] { return random_segments(objective, centre, parse_region("box:1"), 1); };
  const std::vector<double> t = places(3);
  constexpr std::int64_t count = 4000;
  Counting backend(objective);
  const SegmentScan scan =
      scan_segments(backend, objective, Precision::float64, source(), count, t, {}, &backend.stop);
  EXPECT_GT(backend.most_segments, 256);
  EXPECT_LT(backend.most_segments, count);
  EXPECT_EQ(scan.result.values.at(Quantity::loss).data, backend.segment_losses(source()(count), t));
}

TEST(Segments, AreTheSameInBatchesOfAnySize) {
  const Objective objective = landscape_objective("rosenbrock");
  const std::vector<double> centre{0.0, 0.0};
  const SegmentSource one = random_segments(objective, centre, parse_region("ball:1"), 7);
  const SegmentSource other = random_segments(objective, centre, parse_region("ball:1"), 7);
  std::vector<double> parts = one(3).ends;
  const std::vector<double> rest = one(5).ends;
  parts.insert(parts.end(), rest.begin(), rest.end());
  EXPECT_EQ(parts, other(8).ends);
}

TEST(Segments, StayInTheirRegionAndSubset) {
  Objective objective =
      random_objective(mlp("3-4-2", Activation::relu, 0.0, true, false), 5, Loss::cross_entropy, 3);
  objective.subset = parameter_subset(objective, "last");
  const std::vector<double> centre = gaussian_numbers(objective.parameter_count(), 4);
  for (const char* text : {"box:0.5", "ball:0.5", "nonnegative:0.5"}) {
    const Region region = parse_region(text);
    const Segments segments = random_segments(objective, centre, region, 1)(100);
    for (std::int64_t k = 0; k < 200; ++k) {
      const std::span<const double> end = segments.end(k / 2, static_cast<int>(k % 2));
      double squares = 0.0;
      for (std::size_t i = 0; i < end.size(); ++i) {
        const bool scanned =
            std::ranges::binary_search(objective.subset, static_cast<std::int64_t>(i));
        if (!scanned) {
          EXPECT_EQ(end[i], centre[i]);
          continue;
        }
        squares += std::pow(end[i] - centre[i], 2);
        EXPECT_TRUE(region.kind != Region::Kind::box || std::fabs(end[i] - centre[i]) <= 0.5);
        EXPECT_TRUE(region.kind != Region::Kind::nonnegative || end[i] >= 0.0);
      }
      EXPECT_TRUE(region.kind != Region::Kind::ball || std::sqrt(squares) <= 0.5 * (1.0 + 1e-12));
    }
  }
}

TEST(Segments, FromOnePointToOthersComeInOrder) {
  const std::vector<double> from{1.0, 2.0};
  const SegmentSource source = segments_from(from, {{3.0, 4.0}, {5.0, 6.0}, {7.0, 8.0}});
  EXPECT_EQ(source(1).ends, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(source(2).ends, (std::vector<double>{1, 2, 5, 6, 1, 2, 7, 8}));
}

TEST(Chords, AreAllPairsWhereThereAreFewAndDifferentPointsWhereThereAreMany) {
  const std::vector<std::int64_t> points{3, 5, 8, 13};
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  for (const Chord& c : chords_between(points, 6, 1)) all.emplace_back(c.from, c.to);
  EXPECT_EQ(all, (std::vector<std::pair<std::int64_t, std::int64_t>>{
                     {3, 5}, {3, 8}, {3, 13}, {5, 8}, {5, 13}, {8, 13}}));
  std::map<std::pair<std::int64_t, std::int64_t>, int> drawn;
  std::vector<std::int64_t> many(300);
  std::iota(many.begin(), many.end(), 0);
  for (const Chord& c : chords_between(many, 10000, 1)) {
    EXPECT_NE(c.from, c.to);
    ++drawn[{c.from, c.to}];
  }
  // 89 700 ordered pairs: of 10 000 draws at least 9000 differ (the expected number is 9460, with a
  // standard deviation below 100).
  EXPECT_GT(drawn.size(), 9000u);
  EXPECT_EQ(chords_between(many, 5, 1).size(), 5u);
  EXPECT_EQ(chords_between(many, 5, 1)[4].from, chords_between(many, 50, 1)[4].from);
  EXPECT_THROW(chords_between({7}, 5, 1), Error);
}

TEST(Chords, JoinTheGridsPoints) {
  const Slice slice{{10.0, 20.0, 30.0}, {{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}}};
  // Points 1 = (0.5, −1) and 5 = (2, 3) of a 3 × 2 grid.
  const SegmentSource source =
      grid_chords(slice, {0.0, 0.5, 2.0}, {-1.0, 3.0}, {{0, 5}, {1, 5}, {5, 3}});
  EXPECT_EQ(source(1).ends, (std::vector<double>{10, 19, 30, 12, 23, 30}));
  EXPECT_EQ(source(2).ends,
            (std::vector<double>{10.5, 19, 30, 12, 23, 30, 12, 23, 30, 10, 23, 30}));
  // A line has one direction.
  const Slice line{{10.0}, {{2.0}}};
  EXPECT_EQ(grid_chords(line, {0.0, 1.0}, {0.0}, {{1, 0}})(1).ends,
            (std::vector<double>{12.0, 10.0}));
}

TEST(Twins, HaveTheSameLoss) {
  for (const auto& [symmetry, activation] : {std::pair{Symmetry::permute, Activation::gelu},
                                             {Symmetry::flip, Activation::tanh},
                                             {Symmetry::rescale, Activation::leaky_relu}}) {
    const Objective objective = random_objective(
        mlp("3-7-5-2", activation, default_slope(activation), true, false), 50, Loss::mse, 3);
    const std::vector<double> theta = gaussian_numbers(objective.parameter_count(), 4);
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const Twin other = twin(objective.network()->model, theta, symmetry, seed);
      EXPECT_NE(other.theta, theta);
      std::vector<double> gradient(theta.size());
      const auto backend = make_backend("cpu", objective, Precision::float64);
      const double here = backend->gradient(theta, gradient);
      const double there = backend->gradient(other.theta, gradient);
      // A permutation adds the same terms in another order.
      EXPECT_LE(std::fabs(here - there), 100 * 0x1p-52 * (1.0 + std::fabs(here)))
          << other.description;
    }
  }
}

TEST(Twins, OfNetworksWithoutSuchNeuronsAreRefused) {
  const std::vector<double> theta(100, 1.0);
  EXPECT_THROW(twin(mlp("3-4-2", Activation::relu, 0.0, true, false), theta, Symmetry::flip, 0),
               UsageError);
  EXPECT_THROW(twin(mlp("3-4-2", Activation::tanh, 0.0, true, false), theta, Symmetry::rescale, 0),
               UsageError);
  EXPECT_THROW(twin(mlp("3-2", Activation::tanh, 0.0, true, false), theta, Symmetry::permute, 0),
               UsageError);
  EXPECT_THROW(twin(mlp("4-4-2", Activation::tanh, 0.0, true, true), theta, Symmetry::flip, 0),
               UsageError);
}

TEST(ConfidenceLimits, AreThoseOfClopperAndPearson) {
  EXPECT_NEAR(confidence_limits(0, 10000, 0.95).upper, 1.0 - std::pow(0.05, 1e-4), 1e-15);
  EXPECT_EQ(confidence_limits(0, 10000, 0.95).lower, 0.0);
  EXPECT_EQ(confidence_limits(7, 7, 0.95).upper, 1.0);
  EXPECT_NEAR(confidence_limits(7, 7, 0.95).lower, std::pow(0.05, 1.0 / 7.0), 1e-14);
  // One of two: P(X ≥ 1) = 1 − (1 − p)² = 0.05 and P(X ≤ 1) = 1 − p² = 0.05.
  EXPECT_NEAR(confidence_limits(1, 2, 0.95).lower, 1.0 - std::sqrt(0.95), 1e-14);
  EXPECT_NEAR(confidence_limits(1, 2, 0.95).upper, std::sqrt(0.95), 1e-14);
}

}  // namespace
}  // namespace convexscan
