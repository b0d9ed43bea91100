// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "comparison.hpp"
#include "convexscan/scan.hpp"
#include "cpu/cpu_backend.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

const QuantitySet all_quantities{Quantity::loss, Quantity::accuracy, Quantity::gradient_norm,
                                 Quantity::plane_hessian};

void expect_same_scan(const Objective& objective, Precision precision, const Slice& slice,
                      const Points& points, const QuantitySet& quantities) {
  const auto cpu = cpu::make_backend(objective, precision);
  const auto cuda = make_tested_cuda(objective, precision);
  const ValueTable expected = scan(*cpu, slice, points, quantities).values;
  const ValueTable actual = scan(*cuda, slice, points, quantities).values;
  ASSERT_EQ(expected.size(), actual.size());
  for (const auto& [quantity, values] : expected) {
    ASSERT_EQ(values.components, actual.at(quantity).components);
    expect_same(objective, precision, std::string(info(quantity).name), values.data,
                actual.at(quantity).data);
    if (testing::Test::HasFatalFailure()) return;
  }
}

class CudaMatchesCpu : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, CudaMatchesCpu, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(CudaMatchesCpu, ForEveryActivationAndLoss) {
  for (const Precision precision : both_precisions) {
    for (int activation = 0; activation <= static_cast<int>(Activation::sin); ++activation) {
      for (int loss = 0; loss <= static_cast<int>(Loss::output); ++loss) {
        const Objective objective =
            random_objective({.widths = "5-7-3",
                              .activation = static_cast<Activation>(activation),
                              .loss = static_cast<Loss>(loss),
                              .samples = 70});
        expect_same_scan(objective, precision, random_slice(objective, 2), random_points(2, 3),
                         all_quantities);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CudaMatchesCpu, OnAnOddSizedGrid) {
  for (const Precision precision : both_precisions) {
    for (const std::int64_t samples : {std::int64_t{1}, std::int64_t{597}}) {
      for (const std::int64_t points : {1, 31, 33}) {
        const Objective objective = random_objective({.widths = "3-9-5-4", .samples = samples});
        expect_same_scan(objective, precision, random_slice(objective, 2), random_points(2, points),
                         all_quantities);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CudaMatchesCpu, OnAllWidthsUpToThoseOfTheFusedKernel) {
  for (const Precision precision : both_precisions) {
    for (const char* widths : {"3-8-1", "3-17-16-2", "2-64-64-10", "2-128-127-3", "2-1-128-1",
                               "2-3-4-5-6-7-6-5-2", "2-3-3-3-3-3-3-3-3-2"}) {
      const Objective objective = random_objective({.widths = widths, .samples = 130});
      expect_same_scan(objective, precision, random_slice(objective, 2), random_points(2, 3),
                       {Quantity::loss, Quantity::accuracy});
      if (HasFatalFailure()) return;
    }
  }
}

/// So many points that a block of the fused kernel takes several, one after the other, of which
/// some are on the next row of the grid: with the bits of points that come alone.
TEST_P(CudaMatchesCpu, OnRunsOfPointsAcrossRowsOfAGrid) {
  constexpr std::int64_t columns = 61;
  constexpr std::int64_t points = columns * 58;
  const Objective objective = random_objective({.widths = "2-9-2", .samples = 577});
  const Slice slice = random_slice(objective, 2);
  const Points grid = convexscan::grid({-1.0, 1.0, columns}, {-1.0, 1.0, points / columns});
  for (const Precision precision : both_precisions) {
    const auto cpu = cpu::make_backend(objective, precision);
    const auto cuda = make_tested_cuda(objective, precision);
    const auto values = [&](Backend& backend, std::int64_t first, std::int64_t count) {
      const std::span<const double> coordinates(grid.coordinates);
      return backend.evaluator(slice, {Quantity::loss, Quantity::accuracy}, {})
          ->evaluate(coordinates.subspan(static_cast<std::size_t>(2 * first),
                                         static_cast<std::size_t>(2 * count)),
                     count);
    };
    const ValueTable together = values(*cuda, 0, points);
    const ValueTable expected = values(*cpu, 0, points);
    for (const auto& [quantity, all] : together) {
      const std::vector<double>& there = expected.at(quantity).data;
      if (quantity == Quantity::accuracy && precision == Precision::float32) {
        // Roundings turn a sample whose outputs differ by less than they: of 577 one, here and
        // there.
        for (std::size_t k = 0; k < all.data.size(); ++k)
          ASSERT_NEAR(there[k], all.data[k], 1.5 / 577.0) << k;
        continue;
      }
      expect_same(objective, precision, std::string(info(quantity).name), there, all.data);
    }
    for (const std::int64_t first : {std::int64_t{0}, columns - 2, 20 * columns - 2}) {
      for (const auto& [quantity, few] : values(*cuda, first, 5)) {
        const auto begin = together.at(quantity).data.begin() + first;
        EXPECT_EQ(few.data, std::vector<double>(begin, begin + 5));
      }
    }
  }
}

/// The same of segments: runs of four places begin and end anywhere on segments of eleven.
TEST_P(CudaMatchesCpu, OnRunsOfPlacesAcrossSegments) {
  const Objective objective = random_objective({.widths = "2-9-2", .samples = 577});
  const std::int64_t parameters = objective.parameter_count();
  const Segments segments{parameters, random_numbers(2 * 300 * parameters, 31)};
  const std::vector<double> t = Axis{0.0, 1.0, 11}.values();
  const auto cpu = cpu::make_backend(objective, Precision::float64);
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  const std::vector<double> together = cuda->segment_losses(segments, t);
  expect_same(objective, Precision::float64, "segments", cpu->segment_losses(segments, t),
              together);
  for (const std::int64_t first : {0, 1, 298}) {
    const auto ends = segments.ends.begin() + 2 * first * parameters;
    const auto begin = together.begin() + first * static_cast<std::int64_t>(t.size());
    const Segments two{parameters, {ends, ends + 4 * parameters}};
    EXPECT_EQ(cuda->segment_losses(two, t),
              std::vector<double>(begin, begin + 2 * static_cast<std::int64_t>(t.size())));
  }
}

TEST_P(CudaMatchesCpu, ForEveryLossBehindTheLibrarysProducts) {
  for (const Precision precision : both_precisions) {
    for (int loss = 0; loss <= static_cast<int>(Loss::output); ++loss) {
      // The skip keeps the fused kernel out.
      const Objective objective = random_objective(
          {.widths = "3-5-5-2", .loss = static_cast<Loss>(loss), .residual = true, .samples = 67});
      expect_same_scan(objective, precision, random_slice(objective, 2), random_points(2, 3),
                       {Quantity::loss, Quantity::accuracy});
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CudaMatchesCpu, OnMoreSamplesThanOneChunk) {
  const Objective objective =
      random_objective({.widths = "2-3-3-2", .residual = true, .samples = 2500});
  expect_same_scan(objective, Precision::float64, random_slice(objective, 2), random_points(2, 2),
                   all_quantities);
}

TEST_P(CudaMatchesCpu, InTheKinkMassThatItLeavesToTheProcessor) {
  const Objective objective =
      random_objective({.widths = "3-5-2", .activation = Activation::relu, .samples = 65});
  const Axis x{-1.0, 1.0, 4};
  const EvaluationOptions options{.grid = {x, x}};
  const Slice slice = random_slice(objective, 2);
  const QuantitySet both{Quantity::loss, Quantity::kink_mass};
  const auto mass_on = [&](Backend& backend) {
    const ScanResult result = scan(backend, slice, grid(x, x), both, {}, nullptr, options);
    EXPECT_EQ(result.values.at(Quantity::loss).data.size(), 16u);
    return result.values.at(Quantity::kink_mass).data;
  };
  for (const Precision precision : both_precisions) {
    const std::vector<double> expected = mass_on(*cpu::make_backend(objective, precision));
    EXPECT_EQ(mass_on(*make_tested_cuda(objective, precision)), expected);
    EXPECT_LT(*std::ranges::min_element(expected), 0.0);
  }
}

TEST_P(CudaMatchesCpu, OnPointsLinesAndPlanes) {
  for (const int axes : {0, 1, 2}) {
    const Objective objective = random_objective({.widths = "4-6-5-2", .samples = 65});
    expect_same_scan(objective, Precision::float64, random_slice(objective, axes),
                     random_points(axes, 5), all_quantities);
  }
}

TEST_P(CudaMatchesCpu, WithoutHiddenLayers) {
  for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
    const Objective objective = random_objective({.widths = "6-3", .loss = loss, .samples = 41});
    expect_same_scan(objective, Precision::float64, random_slice(objective, 2), random_points(2, 7),
                     all_quantities);
  }
}

TEST_P(CudaMatchesCpu, WithoutBias) {
  const Objective objective = random_objective({.widths = "3-5-4-2", .bias = false, .samples = 33});
  expect_same_scan(objective, Precision::float64, random_slice(objective, 2), random_points(2, 5),
                   all_quantities);
}

TEST_P(CudaMatchesCpu, OnSingleNeurons) {
  const Objective objective =
      random_objective({.widths = "1-1-1", .loss = Loss::mse, .samples = 3});
  for (const int axes : {1, 2}) {
    expect_same_scan(objective, Precision::float64, random_slice(objective, axes),
                     random_points(axes, 3), all_quantities);
  }
}

TEST_P(CudaMatchesCpu, OnWideLayers) {
  for (const Precision precision : both_precisions) {
    const Objective objective = random_objective({.widths = "3-130-131-2", .samples = 20});
    expect_same_scan(objective, precision, random_slice(objective, 2), random_points(2, 2),
                     all_quantities);
  }
}

TEST_P(CudaMatchesCpu, WithEveryKindOfSkip) {
  for (int first = Layer::no_skip; first <= 0; ++first) {
    for (int second = Layer::no_skip; second <= 1; ++second) {
      for (int third = Layer::no_skip; third <= 2; ++third) {
        std::vector<Layer> layers(4,
                                  Layer{.inputs = 4, .outputs = 4, .activation = Activation::tanh});
        layers[0].skip_before = first;
        layers[0].skip_after = third == 0 ? 0 : Layer::no_skip;
        layers[1].skip_after = second;
        layers[1].skip_before = third == 1 ? 0 : Layer::no_skip;
        layers[2].skip_before = third;
        layers[2].skip_after = second;
        layers[3].activation = Activation::identity;
        const Objective objective =
            random_objective({.layers = layers, .loss = Loss::cross_entropy, .samples = 30});
        expect_same_scan(objective, Precision::float64, random_slice(objective, 2),
                         random_points(2, 2), all_quantities);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CudaMatchesCpu, WithResidualLayers) {
  const Objective objective =
      random_objective({.widths = "3-6-6-6-2", .residual = true, .samples = 30});
  expect_same_scan(objective, Precision::float64, random_slice(objective, 2), random_points(2, 5),
                   all_quantities);
}

TEST_P(CudaMatchesCpu, WithDropout) {
  for (const Precision precision : both_precisions) {
    for (const bool residual : {false, true}) {
      for (const Loss loss : {Loss::cross_entropy, Loss::huber}) {
        for (const int axes : {0, 1, 2}) {
          const Objective objective = random_objective({.widths = "3-6-6-5-2",
                                                        .loss = loss,
                                                        .residual = residual,
                                                        .dropout = 0.4,
                                                        .samples = 130});
          expect_same_scan(objective, precision, random_slice(objective, axes),
                           random_points(axes, 3), all_quantities);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
  // The samples of a second chunk have masks of their own.
  const Objective more = random_objective({.widths = "2-3-2", .dropout = 0.4, .samples = 2500});
  expect_same_scan(more, Precision::float64, random_slice(more, 2), random_points(2, 2),
                   all_quantities);
}

TEST_P(CudaMatchesCpu, WithPenaltiesAndSubsets) {
  using Kind = PenaltyTerm::Kind;
  for (const char* subset : {"all", "last", "biases", "layer:1"}) {
    for (const Kind kind : {Kind::l2, Kind::l2_graded, Kind::l1, Kind::lp}) {
      Objective objective = random_objective({.widths = "3-5-2", .samples = 12});
      objective.penalty.terms = {{.kind = kind, .value = 0.3, .exponent = 0.5},
                                 {.kind = Kind::l2, .value = 0.1}};
      objective.penalty.centre = random_numbers(objective.parameter_count(), 17);
      objective.subset = parameter_subset(objective, subset);
      expect_same_scan(objective, Precision::float64, random_slice(objective, 2),
                       random_points(2, 3), all_quantities);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CudaMatchesCpu, OnEveryLandscape) {
  const QuantitySet quantities{Quantity::loss, Quantity::gradient_norm, Quantity::plane_hessian};
  for (const Landscape& landscape : landscapes()) {
    Objective objective = landscape_objective(landscape);
    objective.penalty.terms = {{.kind = PenaltyTerm::Kind::l2, .value = 0.25}};
    for (const int axes : {0, 1, 2}) {
      expect_same_scan(objective, Precision::float64, random_slice(objective, axes),
                       random_points(axes, 131), quantities);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CudaMatchesCpu, WhereTheLossIsNotFinite) {
  const Objective objective = random_objective(
      {.widths = "3-5-2", .activation = Activation::relu, .loss = Loss::mse, .samples = 10});
  const Points far{1, {0.0, 1e200, 1e308}};
  const Slice slice = random_slice(objective, 1);
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  const ScanResult result = scan(*cuda, slice, far, {Quantity::loss});
  EXPECT_EQ(result.not_finite, 2);
  EXPECT_TRUE(std::isfinite(result.values.at(Quantity::loss).data[0]));
}

TEST_P(CudaMatchesCpu, InThatOutputsThatAreNotFiniteHaveNoAccuracy) {
  // The skip keeps the fused kernel out; cross-entropy counts the largest output, binary
  // cross-entropy the signs.
  for (const bool residual : {false, true}) {
    for (const Loss loss : {Loss::cross_entropy, Loss::binary_cross_entropy}) {
      for (const Precision precision : both_precisions) {
        const Objective objective = random_objective({.widths = "3-5-5-2",
                                                      .activation = Activation::relu,
                                                      .loss = loss,
                                                      .residual = residual,
                                                      .samples = 70});
        const Points far{1, {0.0, 1e200, 1e308}};
        const Slice slice = random_slice(objective, 1);
        const auto cpu = cpu::make_backend(objective, precision);
        const auto cuda = make_tested_cuda(objective, precision);
        for (Backend* backend : {cpu.get(), cuda.get()}) {
          const ScanResult result = scan(*backend, slice, far, {Quantity::accuracy});
          const std::vector<double>& accuracy = result.values.at(Quantity::accuracy).data;
          EXPECT_TRUE(accuracy[0] >= 0.0 && accuracy[0] <= 1.0) << backend->device();
          EXPECT_TRUE(std::isnan(accuracy[1])) << backend->device() << ": " << accuracy[1];
          EXPECT_TRUE(std::isnan(accuracy[2])) << backend->device() << ": " << accuracy[2];
        }
      }
    }
  }
}

TEST_P(CudaMatchesCpu, AndGivesTheSameBitsForAnyTile) {
  for (const Precision precision : both_precisions) {
    for (const char* widths : {"3-9-5-4", "3-140-4"}) {
      const Objective objective = random_objective({.widths = widths, .samples = 65});
      expect_same_bits_for_tiles(objective, precision, random_slice(objective, 2),
                                 random_points(2, 17), all_quantities, {}, {1, 7, 16});
    }
  }
}

TEST_P(CudaMatchesCpu, NamesItsDevice) {
  const Objective objective = landscape_objective(landscape("xy"));
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  EXPECT_TRUE(cuda->device().starts_with("cuda:0: ")) << cuda->device();
}

}  // namespace
}  // namespace convexscan
