// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "convexscan/weights.hpp"
#include "example_result.hpp"
#include "files/npz.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Describe, CountsVerdictsAndWhatIsNotFinite) {
  const std::vector<std::string> lines = describe(example_result());
  EXPECT_THAT(lines, Contains("x: -1 to 1, 5 values"));
  EXPECT_THAT(lines, Contains("points: 15, 3 not finite"));
  EXPECT_THAT(lines, Contains("loss: 0 to 21, 3 not finite"));
  EXPECT_THAT(lines, Contains("verdict: 6 locally convex, 6 not convex, 3 undecided"));
  EXPECT_THAT(lines, Contains("time: 0.125 s, 120 points/s"));
  EXPECT_THAT(lines, Contains("marker: step 0 at (-0.9, 0.2), 0.7 out of the plane"));
}

TEST(Describe, SaysWhenNothingIsFinite) {
  GridResult result;
  result.x = {0.0};
  result.y = {0.0};
  result.values[Quantity::loss] = {1, {std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_THAT(describe(result), Contains("loss: no finite value, 1 not finite"));
}

TEST(Describe, SegmentsWithTheirGapsAndTheirWitness) {
  SegmentResult result;
  result.segments = 2;
  result.t = {0.0, 0.5, 1.0};
  result.values[Quantity::loss] = {1, {0, 3, 1, 1, 1, 1}};
  result.per_segment = {{"barrier", "", {2.5, 0.0}}};
  result.witness = {0.0, 0.5, 1.0, 0.0, 0.0, 0.0};
  result.worst = 0;
  const std::vector<std::string> lines = describe(result);
  EXPECT_THAT(lines, Contains("segments: 2 of 3 points"));
  EXPECT_THAT(lines, Contains("loss: 0 to 3"));
  EXPECT_THAT(lines, Contains("barrier: 0 to 2.5"));
  EXPECT_THAT(lines, Contains("witness: segment 0, t = 0, 0.5, 1"));
}

TEST(Describe, ArraysByShapeTypeNormAndWhatIsNotFinite) {
  const TemporaryFolder folder;
  const std::vector<double> a{3, 4, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()};
  const std::vector<double> b{2};
  write_npz(folder.file("w.npz"), false,
            std::vector<NamedArray>{{"fc.weight", {2, 2}, a}, {"fc.bias", {1}, b}});
  EXPECT_THAT(
      describe_arrays(folder.file("w.npz")),
      ElementsAre(testing::EndsWith("w.npz: 2 arrays of 5 values"),
                  "  fc.weight: shape (2, 2), float64, 4 values, norm 5, 2 not finite",
                  "  fc.bias: shape (1,), float64, 1 value, norm 2", StartsWith("SHA-256 ")));
}

TEST(Describe, AFolderOfCheckpointsByTheWayThatTheyWent) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { describe_checkpoints(folder.file("")); }), HasSubstr("holds no .npz"));
  // 3 + 4 there, 5 straight back to a place 4 from the first.
  save_weights(folder.file("step-9.npz"), {0, 0}, false);
  save_weights(folder.file("step-10.npz"), {3, 0}, false);
  save_weights(folder.file("step-11.npz"), {3, 4}, false);
  const std::vector<std::string> lines = describe_checkpoints(folder.file(""));
  EXPECT_THAT(lines[0], HasSubstr("3 checkpoints of 2 parameters, step-9.npz to step-11.npz"));
  EXPECT_THAT(lines[1], HasSubstr("0 at the first, 5 at the last"));
  EXPECT_THAT(lines[2], HasSubstr("5 straight, 7 along"));
  save_weights(folder.file("step-12.npz"), {1, 2, 3}, false);
  EXPECT_THAT(error_of([&] { describe_checkpoints(folder.file("")); }), HasSubstr("step-12.npz"));
}

}  // namespace
}  // namespace convexscan
