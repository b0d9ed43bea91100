// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "comparison.hpp"
#include "convexscan/rounding_bound.hpp"
#include "convexscan/segments.hpp"
#include "cpu/cpu_backend.hpp"
#include "plane_behind.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

/// Structure that makes points cheaper gives the numbers of the whole network.
namespace convexscan {
namespace {

const QuantitySet network_quantities{Quantity::loss, Quantity::accuracy, Quantity::gradient_norm,
                                     Quantity::plane_hessian};

/// The same plane to every bit that counts, with everything in motion: the least number that is not
/// zero moves nothing, and no structure is left to find.
Slice without_structure(Slice slice) {
  for (std::vector<double>& direction : slice.directions) {
    std::ranges::replace(direction, 0.0, 1e-300);
  }
  return slice;
}

/// Two evaluations of the loss within rounding_bound of the exact one are twice that apart; second
/// derivatives a thousand roundings each, as in tests/moved_tail_test.cpp.
void expect_as_whole(const Objective& objective, const Slice& slice, std::int64_t count,
                     const QuantitySet& quantities = network_quantities) {
  const Points points = random_points(2, count);
  for (const Precision precision : both_precisions) {
    const auto values_on = [&](Backend& backend, const Slice& plane) {
      return backend.evaluator(plane, quantities)->evaluate(points.coordinates, count);
    };
    const auto cuda = make_tested_cuda(objective, precision);
    const auto cpu = cpu::make_backend(objective, precision);
    const ValueTable found = values_on(*cuda, slice);
    const ValueTable whole = values_on(*cuda, without_structure(slice));
    const ValueTable on_cpu = values_on(*cpu, slice);
    const double bound = rounding_bound(objective, slice, points, precision);
    const double unit = precision == Precision::float64 ? 0x1p-52 : 0x1p-23;
    for (const ValueTable* const other : {&whole, &on_cpu}) {
      for (const auto& [quantity, values] : found) {
        SCOPED_TRACE(info(quantity).name);
        const std::vector<double>& expected = other->at(quantity).data;
        ASSERT_EQ(values.data.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
          const double allowed = quantity == Quantity::loss ? 2.0 * bound
                                 : quantity == Quantity::accuracy
                                     ? 0.0
                                     : 2e3 * unit * (10.0 + std::fabs(expected[i]));
          ASSERT_LE(std::fabs(values.data[i] - expected[i]), allowed)
              << found.at(quantity).data[i] << " and " << expected[i] << ", "
              << (other == &whole ? "whole network" : "cpu") << ", " << objective.description();
        }
      }
    }
  }
}

class CudaMovedTail : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, CudaMovedTail, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(CudaMovedTail, HasTheNumbersOfTheWholeNetwork) {
  for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::output}) {
    for (int first = 1; first < 4; ++first) {
      for (const bool residual : {false, true}) {
        for (const double dropout : {0.0, 0.3}) {
          const Objective objective = random_objective({.widths = "3-5-5-4-2",
                                                        .loss = loss,
                                                        .residual = residual,
                                                        .dropout = dropout,
                                                        .samples = 70});
          expect_as_whole(objective, plane_behind(objective, first, first), 3);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(CudaMovedTail, HasTheNumbersOfMoreSamplesThanOneChunk) {
  const Objective objective =
      random_objective({.widths = "2-3-3-2", .loss = Loss::mse, .dropout = 0.2, .samples = 2500});
  for (int first = 1; first < 3; ++first) {
    expect_as_whole(objective, plane_behind(objective, first, first), 2);
  }
  expect_as_whole(objective, plane_behind(objective, 0, 1), 2);
}

TEST_P(CudaMovedTail, HasTheNumbersAlongSingleParameters) {
  for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
    for (const bool bias : {true, false}) {
      // Through the fused kernel, and with a mask behind, which keeps it out.
      for (const double dropout : {0.0, 0.3}) {
        std::vector<Layer> layers(3, Layer{.inputs = 8, .outputs = 8, .bias = bias});
        layers[0] = {.inputs = 3, .outputs = 9, .bias = bias, .activation = Activation::tanh};
        layers[1] = {.inputs = 9, .outputs = 8, .bias = bias, .activation = Activation::sigmoid};
        layers[1].dropout = dropout;
        layers[2] = {.inputs = 8, .outputs = 2, .bias = bias};
        const Objective objective =
            random_objective({.layers = layers, .loss = loss, .samples = 70});
        const Model& model = objective.network()->model;
        const std::int64_t second = model.weight_offset(1);
        const std::int64_t last = model.weight_offset(2);
        // In one unit, in two, in two layers, and behind.
        for (const auto& [i, j] : {std::pair{0L, 1L},
                                   {4L, 26L},
                                   {5L, second + 3},
                                   {5L, last + 3},
                                   {second + 1, second + 12},
                                   {second + 70, last + 2}}) {
          expect_as_whole(objective, axes_of(objective, i, j), 3);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(CudaMovedTail, HasTheNumbersOfAPlaneLineByLine) {
  const QuantitySet losses{Quantity::loss};
  const QuantitySet counted{Quantity::loss, Quantity::accuracy};
  for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::huber}) {
    for (const bool bias : {true, false}) {
      for (const double dropout : {0.0, 0.3}) {
        const Objective objective = random_objective({.widths = "3-6-5-4-2",
                                                      .bias = bias,
                                                      .loss = loss,
                                                      .dropout = dropout,
                                                      .samples = 130});
        for (const auto& [x, y] :
             {std::pair{0, 1}, {0, 3}, {1, 2}, {2, 3}, {3, 0}, {2, 1}, {3, 2}}) {
          const Slice slice = plane_behind(objective, x, y);
          expect_as_whole(objective, slice, 5, losses);
          expect_as_whole(objective, slice, 2, counted);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(CudaMovedTail, GivesAGridThatIsMoreThanOneGroupOfLinesTheSameBits) {
  // So many samples that a block of the fused kernel takes three points, one after the other.
  const Objective objective = random_objective({.widths = "2-3-3-2", .samples = 2625});
  // 300 values of one coordinate, more than lines that are held at once.
  const Points points = grid({-1.0, 1.0, 300}, {-1.0, 1.0, 2});
  for (const auto& [x, y] : {std::pair{0, 2}, {2, 0}}) {
    const Slice slice = plane_behind(objective, x, y);
    const auto cuda = make_tested_cuda(objective, Precision::float64);
    const auto evaluator = cuda->evaluator(slice, {Quantity::loss, Quantity::accuracy});
    const ValueTable all = evaluator->evaluate(points.coordinates, points.count());
    for (const std::int64_t p : {0, 1, 255, 256, 257, 299, 300, 599}) {
      const auto here = std::span(points.coordinates).subspan(static_cast<std::size_t>(2 * p), 2);
      for (const auto& [quantity, alone] : evaluator->evaluate(here, 1)) {
        EXPECT_EQ(alone.data[0], all.at(quantity).data[static_cast<std::size_t>(p)]) << p;
      }
    }
  }
}

TEST_P(CudaMovedTail, GivesTheSameBitsForAnyTile) {
  for (const Precision precision : both_precisions) {
    for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
      const Objective objective =
          random_objective({.widths = "3-9-5-4", .loss = loss, .samples = 65});
      const std::int64_t second = objective.network()->model.weight_offset(1);
      for (const Slice& slice : {plane_behind(objective, 1, 1), plane_behind(objective, 2, 2),
                                 plane_behind(objective, 0, 1), plane_behind(objective, 2, 1),
                                 axes_of(objective, 0, 1), axes_of(objective, 2, second)}) {
        expect_same_bits_for_tiles(objective, precision, slice, random_points(2, 20),
                                   network_quantities, {}, {1, 7});
        expect_same_bits_for_tiles(objective, precision, slice, random_points(2, 20),
                                   {Quantity::loss}, {}, {1, 7});
      }
    }
  }
}

TEST_P(CudaMovedTail, IsTheSameForSegments) {
  for (const bool penalised : {false, true}) {
    for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
      for (const Precision precision : both_precisions) {
        Objective objective = random_objective({.widths = "3-8-5-2", .loss = loss, .samples = 150});
        if (penalised) objective.penalty.terms = {parse_penalty("l2=0.1"), parse_penalty("l1=0.2")};
        const auto backend = make_tested_cuda(objective, precision);
        Segments segments{objective.parameter_count(), {}};
        const std::vector<double> centre = random_numbers(objective.parameter_count(), 4);
        const std::vector<double> other = random_numbers(objective.parameter_count(), 5);
        for (const char* subset : {"last", "all", "layer:2+last", "last"}) {
          objective.subset = parameter_subset(objective, subset);
          for (const std::vector<double>* const from : {&centre, &other}) {
            const Segments some = random_segments(objective, *from, parse_region("box:1"), 1)(3);
            segments.ends.insert(segments.ends.end(), some.ends.begin(), some.ends.end());
          }
        }
        for (const std::size_t i : {0U, 5U}) {  // one parameter of one unit
          std::vector<double> end = centre;
          end[i] += 1.0;
          segments.ends.insert(segments.ends.end(), centre.begin(), centre.end());
          segments.ends.insert(segments.ends.end(), end.begin(), end.end());
        }
        const std::vector<double> t = Axis{0, 1, 9}.values();
        const std::vector<double> together = backend->segment_losses(segments, t);
        EXPECT_EQ(together, backend->Backend::segment_losses(segments, t));
        const std::vector<double> on_cpu =
            cpu::make_backend(objective, precision)->segment_losses(segments, t);
        for (std::int64_t k = 0; k < segments.count(); ++k) {
          const double bound =
              rounding_bound(objective, segments.slice(k), Points{1, t}, precision);
          for (std::size_t p = 0; p < t.size(); ++p) {
            const std::size_t i = static_cast<std::size_t>(k) * t.size() + p;
            EXPECT_LE(std::fabs(together[i] - on_cpu[i]), 2.0 * bound);
          }
        }
      }
    }
  }
}

/// Whole numbers: y = (1 + c)·2 for the target 4 is right at c = 1, where the loss is exactly 0.
TEST_P(CudaMovedTail, IsZeroAtAnExactFitOfAQuadratic) {
  NetworkTask task;
  task.model = Model({{1, 1, false}, {1, 1, false}});
  task.loss = Loss::mse;
  task.samples = 3;
  task.inputs = {1.0, 2.0, -1.0};
  task.targets = {4.0, 8.0, -4.0};
  const Objective objective{task, {}, {0, 1}, "all"};
  const Points points{1, {-1.0, 0.0, 1.0, 2.0}};
  const auto backend = make_tested_cuda(objective, Precision::float64);
  const auto evaluator = backend->evaluator({{2.0, 1.0}, {{0.0, 1.0}}}, {Quantity::loss});
  // Residuals 2(c − 1)·(1, 2, −1): 4·6/3·(c − 1)².
  EXPECT_EQ(evaluator->evaluate(points.coordinates, 4).at(Quantity::loss).data,
            (std::vector<double>{32.0, 8.0, 0.0, 8.0}));
}

}  // namespace
}  // namespace convexscan
