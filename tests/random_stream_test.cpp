// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "random_stream.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "convexscan/directions.hpp"
#include "convexscan/features.hpp"
#include "convexscan/search_region.hpp"
#include "convexscan/segments.hpp"
#include "convexscan/starts.hpp"
#include "random_objective.hpp"

namespace convexscan {
namespace {

using Drawn = std::pair<std::string, std::vector<double>>;

double inner_product(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double cosine(std::span<const double> a, std::span<const double> b) {
  return inner_product(a, b) / std::sqrt(inner_product(a, a) * inner_product(b, b));
}

/// The weights and offsets of count units in the order in which they are drawn: an affine map is
/// known from its values at the origin and at the unit vectors, where a weight has lost a factor
/// √inputs.
std::vector<double> units(std::int64_t inputs, std::int64_t count, std::uint64_t seed) {
  Dataset data;
  data.samples = inputs + 1;
  data.features = inputs;
  data.inputs.assign(static_cast<std::size_t>((inputs + 1) * inputs), 0.0);
  for (std::int64_t i = 0; i < inputs; ++i) {
    data.inputs[static_cast<std::size_t>((i + 1) * inputs + i)] = 1.0;
  }
  const std::vector<double> z =
      with_features(data, parse_features("identity:" + std::to_string(count)), seed).inputs;
  std::vector<double> drawn;
  for (std::int64_t k = 0; k < count; ++k) {
    const double offset = z[static_cast<std::size_t>(k)];
    for (std::int64_t i = 1; i <= inputs; ++i) {
      drawn.push_back((z[static_cast<std::size_t>(i * count + k)] - offset) *
                      std::sqrt(static_cast<double>(inputs)));
    }
    drawn.push_back(offset);
  }
  return drawn;
}

/// What is drawn around the origin with a seed, each use by the function that users call.
std::vector<Drawn> drawn_with(const Objective& objective, std::uint64_t seed) {
  const std::vector<double> origin(static_cast<std::size_t>(objective.parameter_count()), 0.0);
  std::vector<Drawn> drawn;
  const Plane plane = random_plane(objective, origin, 2, Normalization::none, seed);
  drawn.emplace_back("direction 0", plane.slice.directions[0]);
  drawn.emplace_back("direction 1", plane.slice.directions[1]);
  for (const char* where : {"ball:1", "box:1"}) {
    const Region region = parse_region(where);
    const Segments segments = random_segments(objective, origin, region, seed)(1);
    const std::vector<std::vector<double>> points =
        search_region(objective, origin, region)->sample(3, seed);
    const std::string in = std::string(" in ") + where;
    for (int end = 0; end < 2; ++end) {
      drawn.emplace_back("end" + in, std::vector<double>(segments.end(0, end).begin(),
                                                         segments.end(0, end).end()));
      drawn.emplace_back("point" + in, points[static_cast<std::size_t>(end) + 1]);
    }
  }
  return drawn;
}

/// Of each pair one has, whatever the other one is, coordinates that are independent, symmetric and
/// strictly sub-Gaussian or nearly so, as normal, uniform and ±1 are: P(|cos| > t) ≤
/// 2 exp(−P t²/2), at 6/√P 3e-8, with what the vector's own length varies by below 1e-6. There are
/// some 700 pairs.
double chance(std::size_t parameters) { return 6.0 / std::sqrt(static_cast<double>(parameters)); }

TEST(RandomStreams, OfOneSeedHaveNothingInCommonWithEachOtherOrWithFreshWeights) {
  const Model model = mlp("39-50-3", Activation::tanh, 0, true, false);
  const Objective objective = random_objective(model, 4, Loss::cross_entropy, 1);
  const auto count = static_cast<std::size_t>(model.parameter_count());
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    std::vector<Drawn> drawn = drawn_with(objective, seed);
    drawn.emplace_back("units", units(39, (model.parameter_count() + 39) / 40, seed));
    drawn.back().second.resize(count);
    for (const char* start : {"normal:1", "he", "xavier"}) {
      const std::vector<double> weights = initial_weights(model, parse_initialization(start), seed);
      for (const auto& [name, vector] : drawn) {
        EXPECT_LE(std::fabs(cosine(weights, vector)), chance(count)) << start << ", " << name;
      }
    }
    for (std::size_t a = 0; a < drawn.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        EXPECT_LE(std::fabs(cosine(drawn[a].second, drawn[b].second)), chance(count))
            << drawn[a].first << ", " << drawn[b].first;
      }
    }
  }
}

/// Trained networks are named by the seeds of their weights: these are Boost's normal numbers from
/// its 64-bit Mersenne Twister seeded with 1, the last bits left to the library's logarithm.
TEST(RandomStreams, LeaveFreshWeightsWhatTheyWere) {
  const Model model = mlp("3-4-3", Activation::tanh, 0, true, false);
  const std::vector<double> weights = initial_weights(model, parse_initialization("normal:1"), 1);
  const std::vector<double> expected{-0.22770229850701265, -0.25937725029558445,
                                     -0.6128186290833155, -0.030246828233049857};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(weights[i], expected[i]);
}

TEST(RandomStreams, DifferForEveryUseAndSeed) {
  std::set<std::uint64_t> seeds;
  std::size_t count = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    seeds.insert(seed);
    ++count;
    const auto first = static_cast<std::uint64_t>(RandomUse::directions);
    const auto last = static_cast<std::uint64_t>(RandomUse::targets);
    for (std::uint64_t use = first; use <= last; ++use, ++count) {
      seeds.insert(stream_seed(seed, static_cast<RandomUse>(use)));
    }
  }
  EXPECT_EQ(seeds.size(), count);
}

/// By SplitMix64's formula in another language, which gives its published first number,
/// 6457827717110365317, for the seed 1234567.
TEST(RandomStreams, HaveTheSameSeedsOnEveryMachine) {
  EXPECT_EQ(stream_seed(0, RandomUse::directions), 0x46093cf9861ec2e4u);
  EXPECT_EQ(stream_seed(1, RandomUse::segments), 0x75ae0673a06f53d5u);
  EXPECT_EQ(stream_seed(7, RandomUse::features), 0xed3f471320ccbc6bu);
}

}  // namespace
}  // namespace convexscan
