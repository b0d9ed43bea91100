// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "convexscan/segments.hpp"
#include "cpu/cpu_backend.hpp"
#include "plane_behind.hpp"
#include "random_networks.hpp"
#include "tested_cuda.hpp"

/// What an evaluator says of the way to its losses is the way that the slice allows.
namespace convexscan {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A grid that is worth lines.
const EvaluationOptions on_grid{.grid = {{-1.0, 1.0, 9}, {-1.0, 1.0, 9}}};

struct Path {
  std::string cpu;
  std::string cuda;
};

Path path_of(const Objective& objective, const Slice& slice,
             const QuantitySet& quantities = {Quantity::loss}) {
  const auto of = [&](Backend& backend) {
    return backend.evaluator(slice, quantities, on_grid)->loss_path();
  };
  return {of(*cpu::make_backend(objective, Precision::float64)),
          of(*make_tested_cuda(objective, Precision::float64))};
}

class LossPath : public TestedCuda {};

INSTANTIATE_TEST_SUITE_P(Backends, LossPath, testing::Values(tested_cuda_name()),
                         [](const auto& suite) { return suite.param; });

TEST_P(LossPath, SaysWhichLayersMove) {
  const Objective objective = random_objective({.widths = "3-9-5-2"});
  const std::string fused = ", by one fused kernel";
  const auto expect = [&](const Slice& slice, const std::string& words) {
    const Path path = path_of(objective, slice);
    EXPECT_EQ(path.cpu, words);
    EXPECT_EQ(path.cuda, words + fused);
  };
  expect(random_slice(objective, 2), "all layers at every point");
  expect(plane_behind(objective, 1, 1),
         "layers 2 to 3 of 3 at every point, what does not move once");
  expect(plane_behind(objective, 2, 2), "layer 3 of 3 at every point, what does not move once");
  expect(plane_behind(objective, 0, 2),
         "layer 3 of 3 at every point, what is before once for each line");
  Slice single = random_slice(objective, 2);
  for (std::vector<double>& direction : single.directions) std::ranges::fill(direction, 0.0);
  single.directions[0][0] = 1.0;  // two weights of the first unit
  single.directions[1][1] = 1.0;
  expect(
      single,
      "layers 1 to 3 of 3 (1 of the first one's 9 units) at every point, what does not move once");
}

TEST_P(LossPath, SaysWhereTheLossIsAQuadratic) {
  const Objective objective = random_objective({.widths = "3-9-2", .loss = Loss::mse});
  const Path plane = path_of(objective, plane_behind(objective, 1, 1));
  EXPECT_EQ(plane.cpu, "an exact quadratic, of the last layer's weights");
  EXPECT_EQ(plane.cuda, plane.cpu);
  const Path lines = path_of(objective, plane_behind(objective, 0, 1));
  EXPECT_EQ(lines.cpu, "an exact quadratic on each line, of the last layer's weights");
}

TEST_P(LossPath, SaysWhyAKernelIsNotUsed) {
  const auto why = [](const RandomNetwork& network) {
    const Objective objective = random_objective(network);
    return path_of(objective, random_slice(objective, 1)).cuda;
  };
  EXPECT_THAT(why({.widths = "3-128-2"}), HasSubstr("by one fused kernel"));
  EXPECT_THAT(why({.widths = "3-129-2"}),
              HasSubstr("by cuBLAS products (a layer of 129 units, a fused kernel takes 128)"));
  EXPECT_THAT(why({.widths = "3-4-4-4-4-4-4-4-4-2"}),
              HasSubstr("(9 layers, a fused kernel takes 8)"));
  EXPECT_THAT(why({.widths = "3-4-4-2", .residual = true}), HasSubstr("(a residual connection"));
  EXPECT_THAT(why({.widths = "3-4-2", .dropout = 0.5}), HasSubstr("(dropout"));
}

TEST_P(LossPath, IsEmptyWithoutLossesOrNetwork) {
  const Objective objective = random_objective({});
  const Path path = path_of(objective, random_slice(objective, 2), {Quantity::gradient_norm});
  EXPECT_EQ(path.cpu, "");
  EXPECT_EQ(path.cuda, "");
}

TEST_P(LossPath, IsThatOfTheFirstSegment) {
  const Objective objective = random_objective({});
  const auto parameters = objective.parameter_count();
  const SegmentSource source = [&](std::int64_t count) {
    return Segments{parameters, random_numbers(2 * count * parameters, 3)};
  };
  const std::vector<double> t{0.0, 0.5, 1.0};
  const auto cuda = make_tested_cuda(objective, Precision::float64);
  const SegmentScan scan = scan_segments(*cuda, objective, Precision::float64, source, 2, t);
  EXPECT_EQ(scan.loss_path, "all layers at every point, by one fused kernel");
}

}  // namespace
}  // namespace convexscan
