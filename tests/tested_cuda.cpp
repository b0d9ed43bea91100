// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "tested_cuda.hpp"

#include <algorithm>
#include <cstdlib>

namespace convexscan {

void TestedCuda::SetUp() {
  const std::string why = why_no_tested_cuda();
  if (why.empty()) return;
  if (std::getenv("CONVEXSCAN_REQUIRE_CUDA") != nullptr) FAIL() << why;
  GTEST_SKIP() << why;
}

void expect_same_bits_for_tiles(const Objective& objective, Precision precision, const Slice& slice,
                                const Points& points, const QuantitySet& quantities,
                                const EvaluationOptions& options,
                                std::initializer_list<std::int64_t> tiles) {
  const auto axes = static_cast<std::size_t>(points.axes);
  const auto cuda = make_tested_cuda(objective, precision);
  const ValueTable whole =
      cuda->evaluator(slice, quantities, options)->evaluate(points.coordinates, points.count());
  for (const std::int64_t tile : tiles) {
    const auto evaluator = cuda->evaluator(slice, quantities, options);
    for (std::int64_t first = 0; first < points.count(); first += tile) {
      const std::int64_t size = std::min(tile, points.count() - first);
      const ValueTable part =
          evaluator->evaluate(std::span(points.coordinates)
                                  .subspan(static_cast<std::size_t>(first) * axes,
                                           static_cast<std::size_t>(size) * axes),
                              size);
      for (const auto& [quantity, values] : part) {
        const auto begin = whole.at(quantity).data.begin() + first * values.components;
        EXPECT_TRUE(std::equal(values.data.begin(), values.data.end(), begin))
            << info(quantity).name << ", tiles of " << tile;
      }
    }
  }
}

}  // namespace convexscan
