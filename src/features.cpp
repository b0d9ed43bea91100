// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "convexscan/error.hpp"
#include "convexscan/model.hpp"
#include "files/file_bytes.hpp"
#include "named.hpp"
#include "random_stream.hpp"
#include "shared/activations.hpp"

namespace convexscan {
namespace {

using Row = std::span<const double>;

Row sample(const Dataset& data, std::int64_t index) {
  return {data.inputs.data() + index * data.features, static_cast<std::size_t>(data.features)};
}

double squared_distance(Row a, Row b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// Indices of count different samples: the first steps of a Fisher–Yates shuffle.
std::vector<std::int64_t> drawn_samples(const Dataset& data, std::int64_t count,
                                        std::uint64_t seed) {
  if (count > data.samples) {
    throw Error(fmt::format("--features rbf:{}: {} has only {} samples to draw centres from", count,
                            data.source, data.samples));
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(data.samples));
  std::iota(order.begin(), order.end(), 0);
  boost::random::mt19937_64 random(stream_seed(seed, RandomUse::features));
  for (std::int64_t k = 0; k < count; ++k) {
    boost::random::uniform_int_distribution<std::int64_t> rest(k, data.samples - 1);
    std::swap(order[static_cast<std::size_t>(k)], order[static_cast<std::size_t>(rest(random))]);
  }
  order.resize(static_cast<std::size_t>(count));
  return order;
}

double median_distance(const Dataset& data, const std::vector<std::int64_t>& centres) {
  std::vector<double> squares;
  for (std::size_t a = 0; a < centres.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      squares.push_back(squared_distance(sample(data, centres[a]), sample(data, centres[b])));
    }
  }
  const auto middle = squares.begin() + static_cast<std::ptrdiff_t>(squares.size() / 2);
  if (middle != squares.end()) std::nth_element(squares.begin(), middle, squares.end());
  if (middle == squares.end() || *middle <= 0.0) {
    throw Error(fmt::format(
        "--features rbf:{0}: the centres drawn from {1} have no median distance to take "
        "for a width; give one, as in rbf:{0}:1.5",
        centres.size(), data.source));
  }
  return std::sqrt(*middle);
}

/// φ_k(x) = exp(−‖x − c_k‖²/(2·width²)); returns the width.
double radial_features(const Dataset& data, const FixedFeatures& features, std::uint64_t seed,
                       std::vector<double>& out) {
  const std::vector<std::int64_t> centres = drawn_samples(data, features.count, seed);
  const double width = features.width ? *features.width : median_distance(data, centres);
  for (std::int64_t s = 0; s < data.samples; ++s) {
    for (const std::int64_t centre : centres) {
      const double square = squared_distance(sample(data, s), sample(data, centre));
      out.push_back(std::exp(-square / (2.0 * width * width)));
    }
  }
  return width;
}

/// φ_k(x) = σ(w_k·x + b_k)
void unit_features(const Dataset& data, const FixedFeatures& features, std::uint64_t seed,
                   std::vector<double>& out) {
  const auto width = static_cast<std::size_t>(data.features);
  const double scale = 1.0 / std::sqrt(static_cast<double>(data.features));
  // One row of numbers for a unit, its offset last.
  const std::vector<double> drawn = normal_numbers(features.count * (data.features + 1), 1.0,
                                                   stream_seed(seed, RandomUse::features));
  const double slope = default_slope(features.activation);
  for (std::int64_t s = 0; s < data.samples; ++s) {
    const Row x = sample(data, s);
    for (std::size_t k = 0; k < static_cast<std::size_t>(features.count); ++k) {
      const double* row = drawn.data() + k * (width + 1);
      const double z = row[width] + scale * std::inner_product(x.begin(), x.end(), row, 0.0);
      shared::with_activation(features.activation, [&]<Activation kind>() {
        out.push_back(shared::activation<kind>(z, slope).value);
      });
    }
  }
}

}  // namespace

FixedFeatures parse_features(std::string_view text) {
  FixedFeatures features;
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  features.radial = kind == "rbf";
  if (!features.radial) {
    try {
      features.activation = parse_activation(kind);
    } catch (const UsageError&) {
      throw UsageError(fmt::format(
          "--features {}: unknown kind \"{}\"; give rbf or an activation, as in rbf:20 or relu:20",
          text, kind));
    }
  }
  if (colon == std::string_view::npos) {
    throw UsageError(fmt::format("--features {0}: give the number of units, as in {0}:20", text));
  }
  std::string_view rest = text.substr(colon + 1);
  const std::size_t second = rest.find(':');
  features.count = parse_whole_number("--features", rest.substr(0, second));
  constexpr std::int64_t most = std::int64_t{1} << 24;
  if (features.count < 1 || features.count > most) {
    throw UsageError(fmt::format("--features {}: the number of units must be 1 to {}", text, most));
  }
  if (second != std::string_view::npos) {
    if (!features.radial) {
      throw UsageError(fmt::format("--features {}: only rbf takes a width", text));
    }
    features.width = parse_number("--features rbf", rest.substr(second + 1));
    if (!(*features.width > 0.0)) {
      throw UsageError(fmt::format("--features {}: the width must be positive", text));
    }
  }
  return features;
}

Dataset with_features(const Dataset& data, const FixedFeatures& features, std::uint64_t seed) {
  Dataset out = data;
  out.inputs.clear();
  out.inputs.reserve(static_cast<std::size_t>(data.samples * features.count));
  out.features = features.count;
  if (features.radial) {
    const double width = radial_features(data, features, seed, out.inputs);
    out.feature_map = fmt::format("{} rbf features of width {:.6g}{}, seed {}", features.count,
                                  width, features.width ? "" : " (median distance)", seed);
  } else {
    unit_features(data, features, seed, out.inputs);
    out.feature_map =
        fmt::format("{} fixed {} units, seed {}", features.count, name(features.activation), seed);
  }
  const auto bad = std::ranges::find_if(out.inputs, [](double x) { return !std::isfinite(x); });
  if (bad != out.inputs.end()) {
    throw Error(fmt::format("{}: sample {} overflows in the {}", data.source,
                            (bad - out.inputs.begin()) / features.count, out.feature_map));
  }
  out.source = fmt::format("{} with {}", data.source, out.feature_map);
  out.hash = fmt::format("{},{}", data.hash,
                         sha256(fmt::format("{} features {}", data.features, out.feature_map)));
  return out;
}

}  // namespace convexscan
