// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "convexscan/gallery.hpp"
#include "temporary_folder.hpp"
#include "tested_cuda.hpp"

namespace convexscan {
namespace {

class GalleryOnCuda : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const std::string why = why_no_tested_cuda();
    if (why.empty()) return;
    if (std::getenv("CONVEXSCAN_REQUIRE_CUDA") != nullptr) FAIL() << why;
    GTEST_SKIP() << why;
  }
};

GalleryOutcome outcome_on(int number, const std::filesystem::path& folder,
                          std::unique_ptr<Backend> (*backend)(const Objective&)) {
  GallerySettings settings;
  settings.backend = backend;
  settings.folder = folder;
  settings.segments = 40;  // small, for the emulation
  settings.points = 5;
  settings.starts = 6;  // six of six are most of all, with 95 % confidence
  const auto row = std::ranges::find(gallery(), number, &GalleryRow::number);
  return run(*row, settings);
}

TEST_P(GalleryOnCuda, ComesOutAsOnTheCpu) {
  const TemporaryFolder folder;
  const GalleryOutcome expected =
      outcome_on(GetParam(), folder / "cpu", [](const Objective& objective) {
        return make_backend("cpu", objective, Precision::float64);
      });
  const GalleryOutcome found = outcome_on(
      GetParam(), folder / "cuda",
      [](const Objective& objective) { return make_tested_cuda(objective, Precision::float64); });
  EXPECT_EQ(found.verdict, expected.verdict);
  ASSERT_EQ(found.findings.size(), expected.findings.size());
  for (std::size_t k = 0; k < found.findings.size(); ++k) {
    const Finding& mine = found.findings[k];
    const Finding& other = expected.findings[k];
    EXPECT_EQ(mine.claim, other.claim);
    EXPECT_EQ(mine.answer, other.answer) << mine.claim;
    if (GetParam() == 15) continue;  // roundings lead minimisations from one start apart
    EXPECT_EQ(mine.evidence, other.evidence) << mine.claim;
    if (mine.measure == "smallest eigenvalue found") continue;  // and searches
    EXPECT_LE(std::fabs(mine.number - other.number), mine.bound + other.bound) << mine.claim;
  }
}

INSTANTIATE_TEST_SUITE_P(, GalleryOnCuda, testing::ValuesIn([] {
                           std::vector<int> numbers;
                           for (const GalleryRow& row : gallery()) numbers.push_back(row.number);
                           return numbers;
                         }()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace convexscan
