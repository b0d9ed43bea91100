// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/nearby_tanh.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "random_objective.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cpu {
namespace {

constexpr std::int64_t units = 7;

Model network(Activation activation) { return mlp("3-7-2", activation, 0.0, true, false); }

template <class Real>
struct Line {
  explicit Line(int axes, const Model& model = network(Activation::tanh))
      : objective(random_objective(model, 150, Loss::mse, 3)),
        data(*objective.network()),
        slice(data, random_slice(objective.parameter_count(), axes, 4)),
        out(units * tile_samples, Real(5)) {}

  Objective objective;
  NetworkData<Real> data;
  NetworkSlice<Real> slice;
  std::vector<Real> out;
};

template <class Real>
class Nearby : public testing::Test {};
using Reals = testing::Types<double, float>;
TYPED_TEST_SUITE(Nearby, Reals);

/// Within what network_rounding.cpp derives; the line's own numbers are taken as exact.
TYPED_TEST(Nearby, IsTanhOfThePreActivations) {
  using Real = TypeParam;
  const double unit = std::numeric_limits<Real>::epsilon() / 2.0;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> coordinate(-3.0, 3.0);
  for (const int axes : {1, 2}) {
    Line<Real> line(axes);
    const auto alone = NearbyTanh<Real>::of(line.slice, 0.0, false);
    const auto shared = NearbyTanh<Real>::of(line.slice, 0.0, true);
    ASSERT_TRUE(alone && shared);
    typename NearbyTanh<Real>::Kept kept;
    for (int trial = 0; trial < 4000; ++trial) {
      const auto& nearby = trial % 2 == 0 ? alone : shared;
      const double c[2] = {coordinate(random) * std::pow(2.0, -(trial % 40)), coordinate(random)};
      const std::int64_t tile = trial % 3;
      ASSERT_TRUE(nearby->activate(c, tile, kept, line.out.data()));
      for (std::int64_t i = 0; i < units * tile_samples; ++i) {
        const auto from = static_cast<std::size_t>(i / tile_samples * line.data.stride +
                                                   tile * tile_samples + i % tile_samples);
        long double z = line.slice.first[0][from];
        long double size = std::fabs(z);
        for (std::size_t j = 0; j < static_cast<std::size_t>(axes); ++j) {
          const long double part = static_cast<long double>(c[j]) * line.slice.first[j + 1][from];
          z += part;
          size += std::fabs(part);
        }
        const long double error = std::fabs(
            static_cast<long double>(line.out[static_cast<std::size_t>(i)]) - std::tanh(z));
        ASSERT_LE(error, unit * (25.0L * std::min(1.0L, size) + 8.0L * size) + 1e-40L)
            << "at " << c[0] << " " << c[1] << ", number " << i;
      }
    }
  }
}

/// Or it would be no quicker. Half the distance of places times the largest rate is between a
/// quarter and a half of ln 2.
TYPED_TEST(Nearby, KeepsWhatItHasFromPointToPoint) {
  using Real = TypeParam;
  Line<Real> line(1);
  double rate = 0.0;
  for (std::int64_t o = 0; o < units; ++o) {
    for (std::int64_t s = 0; s < tile_samples; ++s) {
      rate = std::max(
          rate, std::fabs(static_cast<double>(
                    line.slice.first[1][static_cast<std::size_t>(o * line.data.stride + s)])));
    }
  }
  const auto nearby = NearbyTanh<Real>::of(line.slice, 0.0);
  typename NearbyTanh<Real>::Kept kept;
  std::set<double> places;
  for (int i = 0; i <= 1000; ++i) {
    const double t = 0.001 * i;
    ASSERT_TRUE(nearby->activate(&t, 0, kept, line.out.data()));
    places.insert(kept.place);
    EXPECT_LE(std::fabs(t - kept.place) * rate, 0.5 * std::log(2.0));
  }
  EXPECT_GE(static_cast<double>(places.size()), rate / std::log(2.0) - 2.0);
  EXPECT_LE(static_cast<double>(places.size()), 2.0 * rate / std::log(2.0) + 2.0);
}

TYPED_TEST(Nearby, GivesAPointTheSameBitsAfterAnyOther) {
  using Real = TypeParam;
  Line<Real> line(2);
  const auto nearby = NearbyTanh<Real>::of(line.slice, 0.01);
  typename NearbyTanh<Real>::Kept kept;
  std::vector<std::vector<Real>> forwards;
  for (const bool back : {false, true}) {
    for (int k = 0; k < 300; ++k) {
      const int i = back ? 299 - k : k;
      const double c[2] = {0.01 * (i % 100), 0.3 * (i / 100)};
      ASSERT_TRUE(nearby->activate(c, i % 3, kept, line.out.data()));
      if (!back) forwards.push_back(line.out);
      ASSERT_EQ(line.out, forwards[static_cast<std::size_t>(i)]) << i;
    }
  }
}

TYPED_TEST(Nearby, IsNotForOtherLayers) {
  using Real = TypeParam;
  EXPECT_FALSE(NearbyTanh<Real>::of(Line<Real>(1, network(Activation::sigmoid)).slice, 0.0));
  EXPECT_FALSE(NearbyTanh<Real>::of(Line<Real>(0).slice, 0.0));
  // So many weights behind it that few points are taken together.
  const Model deep = mlp("3-128-70", Activation::tanh, 0.0, true, false);
  EXPECT_FALSE(NearbyTanh<Real>::of(Line<Real>(1, deep).slice, 0.0));
  Layer skipped{3, 3, true, Activation::tanh};
  skipped.skip_before = 0;
  EXPECT_FALSE(NearbyTanh<Real>::of(Line<Real>(1, Model({skipped, {3, 2}})).slice, 0.0));
}

TYPED_TEST(Nearby, LeavesOutTilesWhosePointsAreFarApart) {
  using Real = TypeParam;
  Line<Real> line(2);
  const double c[2] = {0.5, 0.5};
  typename NearbyTanh<Real>::Kept kept;
  const std::vector<Real> before = line.out;
  EXPECT_FALSE(NearbyTanh<Real>::of(line.slice, infinity));
  EXPECT_FALSE(NearbyTanh<Real>::of(line.slice, 1.0)->activate(c, 0, kept, line.out.data()));
  EXPECT_EQ(line.out, before);
  EXPECT_TRUE(NearbyTanh<Real>::of(line.slice, 1e-3)->activate(c, 0, kept, line.out.data()));
}

TYPED_TEST(Nearby, LeavesOutTilesThatAreNotFinite) {
  using Real = TypeParam;
  for (const double value : {infinity, static_cast<double>(NAN)}) {
    Line<Real> line(1);
    line.slice.first[1][tile_samples + 3] = static_cast<Real>(value);  // of the second tile
    const auto nearby = NearbyTanh<Real>::of(line.slice, 0.0);
    typename NearbyTanh<Real>::Kept kept;
    const double t = 0.5;
    EXPECT_TRUE(nearby->activate(&t, 0, kept, line.out.data()));
    EXPECT_FALSE(nearby->activate(&t, 1, kept, line.out.data()));
    EXPECT_TRUE(nearby->activate(&t, 2, kept, line.out.data()));
  }
}

/// Rates of zero, subnormal and huge ones, and places beyond any whole number.
TYPED_TEST(Nearby, IsRightAtTheEndsOfTheRange) {
  using Real = TypeParam;
  for (const double rate : {0.0, static_cast<double>(std::numeric_limits<Real>::denorm_min()),
                            1e-30, 1e30, static_cast<double>(std::numeric_limits<Real>::max())}) {
    Line<Real> line(1);
    std::fill(line.slice.first[0].begin(), line.slice.first[0].end(), Real(0.25));
    std::fill(line.slice.first[1].begin(), line.slice.first[1].end(), static_cast<Real>(rate));
    const auto nearby = NearbyTanh<Real>::of(line.slice, 0.0);
    typename NearbyTanh<Real>::Kept kept;
    int taken = 0;
    for (const double t : {0.0, 1e-30, -0.3, 1.0, 1e20, 1e300}) {
      if (!std::isfinite(static_cast<Real>(t))) continue;
      if (!nearby->activate(&t, 0, kept, line.out.data())) continue;
      ++taken;
      const long double part = static_cast<long double>(t) * static_cast<Real>(rate);
      const long double size = 0.25L + std::fabs(part);
      const double unit = std::numeric_limits<Real>::epsilon() / 2.0;
      EXPECT_LE(std::fabs(static_cast<long double>(line.out[0]) - std::tanh(0.25L + part)),
                unit * (25.0L + 8.0L * size))
          << t << " " << rate;
    }
    EXPECT_EQ(taken >= 4, rate < 1e300) << rate;  // a place is no number beyond
  }
}

}  // namespace
}  // namespace convexscan::cpu
