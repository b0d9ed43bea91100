// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "convexscan/error.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;

ValueTable table(Quantity quantity, std::vector<double> data) {
  return {{quantity, {1, std::move(data)}}};
}

TEST(Compare, EqualTablesAgreeWithNoToleranceAtAll) {
  const ValueTable values = table(Quantity::loss, {1.0, nan, infinity, -infinity});
  const Comparison comparison = compare(values, values, {});
  EXPECT_TRUE(comparison.within());
  EXPECT_EQ(comparison.differences[0].worst, -1);
  EXPECT_EQ(comparison.differences[0].max_relative, 0.0);
}

TEST(Compare, CountsTheValuesThatAreFiniteInBoth) {
  const Comparison comparison = compare(table(Quantity::loss, {1.0, nan, infinity, 4.0}),
                                        table(Quantity::loss, {1.0, nan, infinity, nan}), {});
  EXPECT_EQ(comparison.differences[0].comparable, 1);
  EXPECT_EQ(comparison.differences[0].values, 4);
  EXPECT_EQ(comparison.differences[0].outside, 1);
  EXPECT_THAT(lines_of(comparison).back(), HasSubstr("1 of 4"));
}

TEST(Compare, NamesTheWorstPlaceAndBothValues) {
  const Tolerances tolerances{{Quantity::loss, {1e-3, 0.0}}};
  const Comparison comparison = compare(table(Quantity::loss, {1.0, 10.0, 3.0}),
                                        table(Quantity::loss, {1.0, 10.005, 3.5}), tolerances);
  const Difference& difference = comparison.differences.front();
  EXPECT_FALSE(comparison.within());
  EXPECT_EQ(difference.outside, 1);
  EXPECT_EQ(difference.worst, 2);
  EXPECT_EQ(difference.first, 3.0);
  EXPECT_EQ(difference.second, 3.5);
  EXPECT_EQ(difference.max_absolute, 0.5);
  EXPECT_DOUBLE_EQ(difference.max_relative, 0.5 / 10.005);
  EXPECT_THAT(lines_of(comparison).back(), HasSubstr("worst at 2: 3 and 3.5"));
}

TEST(Compare, NaNAgreesWithNothingElseHoweverWideTheTolerance) {
  const Tolerances wide{{Quantity::loss, {infinity, infinity}}};
  for (const double other : {0.0, infinity, -infinity, 1e300}) {
    EXPECT_FALSE(
        compare(table(Quantity::loss, {nan}), table(Quantity::loss, {other}), wide).within())
        << other;
  }
  EXPECT_FALSE(compare(table(Quantity::loss, {infinity}), table(Quantity::loss, {-infinity}), wide)
                   .within());
  EXPECT_FALSE(
      compare(table(Quantity::loss, {infinity}), table(Quantity::loss, {1.0}), wide).within());
}

TEST(Compare, AZeroEigenvalueIsJudgedByTheWholeSpectrum) {
  const Tolerances tolerances = default_tolerances(Precision::float64, 100, 10);
  ValueTable first = table(Quantity::min_eigenvalue, {1e-16});
  ValueTable second = table(Quantity::min_eigenvalue, {-1e-16});
  EXPECT_FALSE(compare(first, second, tolerances).within());
  first[Quantity::max_eigenvalue] = second[Quantity::max_eigenvalue] = {1, {1.0}};
  EXPECT_TRUE(compare(first, second, tolerances).within());
}

TEST(Compare, AnEigenvalueAgreesWithinBothErrorBounds) {
  ValueTable first = table(Quantity::min_eigenvalue, {0.010});
  ValueTable second = table(Quantity::min_eigenvalue, {0.012});
  first[Quantity::min_eigenvalue_error] = {1, {0.0005}};
  second[Quantity::min_eigenvalue_error] = {1, {0.0016}};
  EXPECT_TRUE(compare(first, second, {}).within());
  second[Quantity::min_eigenvalue_error] = {1, {0.0014}};
  EXPECT_FALSE(compare(first, second, {}).within());
}

TEST(Compare, VerdictsDisagreeOnlyWhenTheyContradict) {
  const auto agree = [](double a, double b) {
    return compare(table(Quantity::verdict, {a}), table(Quantity::verdict, {b}), {}).within();
  };
  EXPECT_TRUE(agree(1, 1));
  EXPECT_TRUE(agree(0, 2));
  EXPECT_TRUE(agree(1, 0));
  EXPECT_FALSE(agree(1, 2));
}

TEST(Compare, ToleranceGrowsWithTheSumAndTheUnitRoundoff) {
  const double few = default_tolerances(Precision::float64, 100, 0)[Quantity::loss].relative;
  const double many = default_tolerances(Precision::float64, 10000, 0)[Quantity::loss].relative;
  const double coarse = default_tolerances(Precision::float32, 100, 0)[Quantity::loss].relative;
  EXPECT_DOUBLE_EQ(many, 10 * few);
  EXPECT_DOUBLE_EQ(few, 16 * 10 * 0x1p-52);
  EXPECT_DOUBLE_EQ(coarse, 16 * 10 * 0x1p-23);
}

TEST(Compare, RefusesScansThatAreNotOfTheSameThing) {
  EXPECT_THROW(compare(table(Quantity::loss, {1}), table(Quantity::trace, {1}), {}), Error);
  EXPECT_THROW(compare(table(Quantity::loss, {1}), table(Quantity::loss, {1, 2}), {}), Error);
  EXPECT_THROW(compare(table(Quantity::loss, {1}), {}, {}), Error);
  EXPECT_THROW(compare({}, table(Quantity::loss, {1}), {}), Error);
}

}  // namespace
}  // namespace convexscan
