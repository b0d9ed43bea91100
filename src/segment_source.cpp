// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

#include "convexscan/error.hpp"
#include "convexscan/segments.hpp"
#include "named.hpp"
#include "random_stream.hpp"

namespace convexscan {
namespace {

/// Draws ends of segments, one after the other.
class RegionSampler {
 public:
  RegionSampler(const Objective& objective, std::span<const double> centre, Region region,
                std::uint64_t seed)
      : subset_(objective.subset),
        centre_(centre.begin(), centre.end()),
        region_(region),
        random_(stream_seed(seed, RandomUse::segments)) {}

  Segments next(std::int64_t count) {
    Segments segments{static_cast<std::int64_t>(centre_.size()), {}};
    segments.ends.reserve(static_cast<std::size_t>(2 * count) * centre_.size());
    for (std::int64_t k = 0; k < 2 * count; ++k) {
      const std::vector<double> point = draw();
      segments.ends.insert(segments.ends.end(), point.begin(), point.end());
    }
    return segments;
  }

 private:
  std::vector<double> draw() {
    std::vector<double> point = centre_;
    const double radius = region_.radius;
    if (region_.kind == Region::Kind::ball) {
      std::vector<double> direction;
      double squares = 0.0;
      for (std::size_t k = 0; k < subset_.size(); ++k) {
        direction.push_back(normal_(random_));
        squares += direction.back() * direction.back();
      }
      const double length =
          radius * std::pow(uniform_(random_), 1.0 / static_cast<double>(subset_.size()));
      for (std::size_t k = 0; k < subset_.size(); ++k) {
        point[static_cast<std::size_t>(subset_[k])] += length / std::sqrt(squares) * direction[k];
      }
      return point;
    }
    for (const std::int64_t i : subset_) {
      double& value = point[static_cast<std::size_t>(i)];
      double low = value - radius;
      double high = value + radius;
      if (region_.kind == Region::Kind::nonnegative) {
        low = std::max(0.0, std::max(0.0, value) - radius);
        high = std::max(0.0, value) + radius;
      }
      value = low + (high - low) * uniform_(random_);
    }
    return point;
  }

  std::vector<std::int64_t> subset_;
  std::vector<double> centre_;
  Region region_;
  boost::random::mt19937_64 random_;
  boost::random::normal_distribution<double> normal_;
  boost::random::uniform_01<double> uniform_;
};

}  // namespace

Region parse_region(std::string_view text) {
  constexpr std::array<std::string_view, 3> names{"box", "ball", "nonnegative"};
  const std::size_t colon = text.find(':');
  Region region;
  region.kind = static_cast<Region::Kind>(index_of_name("--region", text.substr(0, colon), names));
  if (colon == std::string_view::npos) {
    throw UsageError(fmt::format("--region {}: say how large, as in {}:1", text, text));
  }
  region.radius = parse_number("--region", text.substr(colon + 1));
  if (!(region.radius > 0.0) || !std::isfinite(region.radius)) {
    throw UsageError(fmt::format("--region {}: the size must be positive", text));
  }
  return region;
}

SegmentSource random_segments(const Objective& objective, std::span<const double> centre,
                              Region region, std::uint64_t seed) {
  const auto sampler = std::make_shared<RegionSampler>(objective, centre, region, seed);
  return [sampler](std::int64_t count) { return sampler->next(count); };
}

SegmentSource given_segment(std::span<const double> from, std::span<const double> to) {
  Segments segment{static_cast<std::int64_t>(from.size()), {from.begin(), from.end()}};
  segment.ends.insert(segment.ends.end(), to.begin(), to.end());
  return [segment](std::int64_t) { return segment; };
}

SegmentSource segments_from(std::span<const double> from,
                            const std::vector<std::vector<double>>& others) {
  Segments segments{static_cast<std::int64_t>(from.size()), {}};
  for (const std::vector<double>& to : others) {
    segments.ends.insert(segments.ends.end(), from.begin(), from.end());
    segments.ends.insert(segments.ends.end(), to.begin(), to.end());
  }
  const auto next = std::make_shared<std::ptrdiff_t>(0);
  return [segments, next](std::int64_t count) {
    const std::ptrdiff_t size = 2 * segments.parameters * count;
    const auto first = segments.ends.begin() + *next;
    *next += size;
    return Segments{segments.parameters, {first, first + size}};
  };
}

std::vector<Chord> chords_between(const std::vector<std::int64_t>& points, std::int64_t count,
                                  std::uint64_t seed) {
  if (points.size() < 2) {
    throw Error(
        "the grid has fewer than two points of a finite loss to join; scan where there are more");
  }
  const auto n = static_cast<std::int64_t>(points.size());
  const auto point = [&](std::int64_t i) { return points[static_cast<std::size_t>(i)]; };
  std::vector<Chord> chords;
  if (n - 1 <= 2 * count / n) {
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = i + 1; j < n; ++j) chords.push_back({point(i), point(j)});
    }
    return chords;
  }
  boost::random::mt19937_64 random(stream_seed(seed, RandomUse::chords));
  const auto draw = [&](std::int64_t below) {
    return boost::random::uniform_int_distribution<std::int64_t>(0, below - 1)(random);
  };
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t i = draw(n);
    const std::int64_t other = draw(n - 1);
    chords.push_back({point(i), point(other < i ? other : other + 1)});
  }
  return chords;
}

SegmentSource grid_chords(Slice slice, std::vector<double> x, std::vector<double> y,
                          std::vector<Chord> chords) {
  const auto at = [slice = std::move(slice), x = std::move(x),
                   y = std::move(y)](std::int64_t point) {
    const auto p = static_cast<std::size_t>(point);
    const double place[2] = {x[p % x.size()], y[p / x.size()]};
    return slice.at(std::span(place).first(static_cast<std::size_t>(slice.axes())));
  };
  const auto next = std::make_shared<std::size_t>(0);
  return [at, chords = std::move(chords), next](std::int64_t count) {
    Segments segments;
    for (std::int64_t k = 0; k < count; ++k, ++*next) {
      for (const std::int64_t end : {chords[*next].from, chords[*next].to}) {
        const std::vector<double> theta = at(end);
        segments.parameters = static_cast<std::int64_t>(theta.size());
        segments.ends.insert(segments.ends.end(), theta.begin(), theta.end());
      }
    }
    return segments;
  };
}

}  // namespace convexscan
