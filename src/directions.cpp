// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/directions.hpp"

#include <cblas.h>
#include <fmt/format.h>
#include <lapacke.h>

#include <algorithm>
#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>

#include "convexscan/error.hpp"
#include "named.hpp"
#include "random_stream.hpp"

namespace convexscan {
namespace {

constexpr std::array<std::string_view, 3> normalization_names{"filter", "layer", "none"};

double norm(std::span<const double> v) {
  return cblas_dnrm2(static_cast<blasint>(v.size()), v.data(), 1);
}

double dot(std::span<const double> a, std::span<const double> b) {
  return cblas_ddot(static_cast<blasint>(a.size()), a.data(), 1, b.data(), 1);
}

std::vector<double> difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> d(a.begin(), a.end());
  cblas_daxpy(static_cast<blasint>(d.size()), -1.0, b.data(), 1, d.data(), 1);
  return d;
}

void scale(std::vector<double>& v, double factor) {
  cblas_dscal(static_cast<blasint>(v.size()), factor, v.data(), 1);
}

/// The power of two that the largest size in v is, or twice that at most; 1 for zeros.
double unit_of(std::span<const double> v) {
  double largest = 0.0;
  for (const double x : v) largest = std::max(largest, std::fabs(x));
  return largest > 0.0 && std::isfinite(largest) ? std::ldexp(1.0, std::ilogb(largest)) : 1.0;
}

/// v in that unit, of which squares are numbers whatever v is.
std::vector<double> in_units(std::vector<double> v, double unit) {
  for (double& x : v) x /= unit;
  return v;
}

/// Steps of this length can be doubled and put together without overflow.
constexpr double longest_step = 0x1p1020;

void require_short(std::string_view option, std::span<const double> step) {
  if (norm(step) <= longest_step) return;
  throw Error(
      fmt::format("{}: two of the points are more than {:.0e} apart, too far for coordinates in "
                  "float64; take points with smaller weights",
                  option, longest_step));
}

/// Directions closer than this in sine are one direction: weights that are float32 in their file
/// leave 1e-7 of their size.
constexpr double least_sine = 1e-6;

/// direction[begin, begin + count) gets the norm of the weights there.
void match_norm(std::span<const double> weights, std::vector<double>& direction, std::int64_t begin,
                std::int64_t count) {
  const auto at = static_cast<std::size_t>(begin);
  const auto size = static_cast<std::size_t>(count);
  const double length = norm(std::span<const double>(direction).subspan(at, size));
  if (length == 0.0) return;
  const double factor = norm(weights.subspan(at, size)) / length;
  for (std::size_t i = at; i < at + size; ++i) direction[i] *= factor;
}

void normalize(const Model& model, std::span<const double> weights, Normalization normalization,
               std::vector<double>& direction) {
  for (int l = 0; l < model.depth(); ++l) {
    const Layer& layer = model.layers()[static_cast<std::size_t>(l)];
    if (normalization == Normalization::filter) {
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        match_norm(weights, direction, model.weight_offset(l) + o * layer.inputs, layer.inputs);
      }
    } else {
      match_norm(weights, direction, model.weight_offset(l), layer.inputs * layer.outputs);
    }
    if (layer.bias) match_norm(weights, direction, model.bias_offset(l), layer.outputs);
  }
}

double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = in_units(a, unit_of(a));
  const std::vector<double> y = in_units(b, unit_of(b));
  return dot(x, y) / (norm(x) * norm(y));
}

/// Whether two directions are one, up to rounding.
bool parallel(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = in_units(a, unit_of(a));
  const std::vector<double> y = in_units(b, unit_of(b));
  std::vector<double> rest = y;
  cblas_daxpy(static_cast<blasint>(rest.size()), -dot(x, y) / dot(x, x), x.data(), 1, rest.data(),
              1);
  return norm(rest) <= least_sine * norm(y);
}

/// "0 to 4, 7" of increasing numbers, whose later runs are "others".
std::string runs_of(std::span<const std::int64_t> numbers) {
  constexpr std::size_t most = 4;
  std::vector<std::string> runs;
  for (std::size_t first = 0, last = 0; first < numbers.size() && runs.size() <= most;
       first = ++last) {
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    runs.push_back(first == last ? fmt::format("{}", numbers[first])
                                 : fmt::format("{} to {}", numbers[first], numbers[last]));
  }
  if (runs.size() > most) runs.back() = "others";
  return fmt::format("{}", fmt::join(runs, ", "));
}

}  // namespace

Normalization parse_normalization(std::string_view text) {
  return static_cast<Normalization>(index_of_name("--normalize", text, normalization_names));
}

Plane random_plane(const Objective& objective, std::span<const double> origin, int axes,
                   Normalization normalization, std::uint64_t seed) {
  const bool layered = objective.network() != nullptr && normalization != Normalization::none;
  Plane plane{
      {{origin.begin(), origin.end()}, {}},
      {},
      fmt::format("random, normalize {}, seed {}",
                  normalization_names[layered ? static_cast<std::size_t>(normalization) : 2],
                  seed)};
  boost::random::mt19937_64 random(stream_seed(seed, RandomUse::directions));
  boost::random::normal_distribution<double> normal;
  const auto draw = [&] {
    std::vector<double> drawn(origin.size());
    for (double& value : drawn) value = normal(random);
    std::vector<double> direction(origin.size(), 0.0);
    for (const std::int64_t i : objective.subset) {
      direction[static_cast<std::size_t>(i)] = drawn[static_cast<std::size_t>(i)];
    }
    if (layered) normalize(objective.network()->model, origin, normalization, direction);
    if (!std::isfinite(norm(direction))) {
      throw Error(
          "the weights are too large for directions of their length, which is beyond float64; use "
          "--normalize none or smaller weights");
    }
    if (norm(direction) == 0.0) {
      throw Error(
          "the weights are zero wherever they are scanned, so a direction of their size is zero "
          "too; use --normalize none");
    }
    return direction;
  };
  if (static_cast<std::int64_t>(objective.subset.size()) < axes) {
    throw UsageError(fmt::format("{} random directions need as many scanned parameters, not {}",
                                 axes, objective.subset.size()));
  }
  // Of few weights, whose sizes are given, every other direction may be the first again.
  constexpr int most_tries = 64;
  for (int tries = 0; static_cast<int>(plane.slice.directions.size()) < axes; ++tries) {
    if (tries == most_tries) {
      throw Error(fmt::format(
          "all directions of the weights' sizes are parallel here; use --normalize none or "
          "--directions axis:{},{}",
          objective.subset[0], objective.subset[1]));
    }
    std::vector<double> direction = draw();
    if (plane.slice.directions.empty() || !parallel(plane.slice.directions[0], direction))
      plane.slice.directions.push_back(std::move(direction));
  }
  plane.marks.push_back({"centre"});
  return plane;
}

Plane axis_plane(const Objective& objective, std::span<const double> origin,
                 std::span<const std::int64_t> parameters) {
  Plane plane{{{origin.begin(), origin.end()}, {}},
              {},
              fmt::format("axis of parameter {}", fmt::join(parameters, " and "))};
  for (const std::int64_t i : parameters) {
    if (i < 0 || i >= objective.parameter_count()) {
      throw UsageError(fmt::format("--directions axis: there is no parameter {}; they are 0 to {}",
                                   i, objective.parameter_count() - 1));
    }
    if (!std::ranges::binary_search(objective.subset, i)) {
      throw UsageError(fmt::format(
          "--directions axis: parameter {} is not scanned; choose among the scanned ones ({}), or "
          "other --parameters",
          i, runs_of(objective.subset)));
    }
    std::vector<double> direction(origin.size(), 0.0);
    direction[static_cast<std::size_t>(i)] = 1.0;
    plane.slice.directions.push_back(std::move(direction));
  }
  if (parameters.size() == 2 && parameters[0] == parameters[1]) {
    throw UsageError("--directions axis: give two different parameters");
  }
  plane.marks.push_back({"centre"});
  return plane;
}

Plane points_plane(std::span<const double> a, std::span<const double> b,
                   std::span<const double> c) {
  constexpr std::string_view option = "--directions points";
  std::vector<double> x = difference(b, a);
  std::vector<double> y = difference(c, a);
  require_short(option, x);
  require_short(option, y);
  const double x_unit = unit_of(x);
  const double y_unit = unit_of(y);
  x = in_units(std::move(x), x_unit);
  y = in_units(std::move(y), y_unit);
  const double length = norm(x);
  const double reach = norm(y);
  if (length == 0.0) throw Error(fmt::format("{}: the first two points are the same", option));
  const double along = dot(x, y) / (length * length);
  cblas_daxpy(static_cast<blasint>(y.size()), -along, x.data(), 1, y.data(), 1);
  const double height = norm(y);
  if (height <= least_sine * reach) {
    throw Error(
        fmt::format("{}: the three points lie on a line (the cosine between the "
                    "steps from the first is {:.7g}); a plane needs a third one beside it",
                    option, reach == 0.0 ? 1.0 : along * length / reach));
  }
  const double ratio = y_unit / x_unit;
  const PlaneMark third{"c", along * ratio, height / length * ratio};
  if (!(std::hypot(third.x, third.y) <= longest_step && third.y > 0.0)) {
    throw Error(
        fmt::format("{}: the steps from the first point are {:.3g} and {:.3g} long, too different "
                    "for one plane in float64",
                    option, length * x_unit, reach * y_unit));
  }
  scale(y, length / height * x_unit);
  scale(x, x_unit);
  return {{{a.begin(), a.end()}, {std::move(x), std::move(y)}},
          {{"a", 0.0, 0.0}, {"b", 1.0, 0.0}, third},
          "through three points"};
}

Plane trajectory_plane(
    const std::vector<std::pair<std::string, std::vector<double>>>& checkpoints) {
  const std::vector<double>& last = checkpoints.back().second;
  const std::size_t count = checkpoints.size();
  std::vector<std::vector<double>> moved;
  double unit = 0.0;
  for (const auto& [name, theta] : checkpoints) {
    moved.push_back(difference(theta, last));
    require_short("--directions trajectory", moved.back());
    if (norm(moved.back()) > 0.0) unit = std::max(unit, unit_of(moved.back()));
  }
  for (std::vector<double>& step : moved) {
    if (unit > 0.0) step = in_units(std::move(step), unit);
  }

  // Principal directions from the small Gram matrix: G u = s² u gives Dᵀu/s.
  std::vector<double> gram(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) gram[i * count + j] = dot(moved[i], moved[j]);
  }
  std::vector<double> squares(count);
  if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', static_cast<lapack_int>(count), gram.data(),
                    static_cast<lapack_int>(count), squares.data()) != 0) {
    throw Error("--directions trajectory: the principal components did not converge");
  }
  if (count < 3 || squares[count - 2] <= 1e-14 * squares[count - 1]) {
    throw Error(
        "--directions trajectory: the checkpoints lie on a line; a plane needs three that do not");
  }
  Plane plane{{last, {}}, {}, "principal components of the trajectory"};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::size_t column = count - 1 - axis;
    std::vector<double> direction(last.size(), 0.0);
    for (std::size_t k = 0; k < count; ++k) {
      cblas_daxpy(static_cast<blasint>(direction.size()), gram[k * count + column], moved[k].data(),
                  1, direction.data(), 1);
    }
    scale(direction, 1.0 / norm(direction));
    // A sign of our own choice, so that the same checkpoints give the same picture everywhere.
    if (dot(direction, moved.front()) < 0.0) scale(direction, -1.0);
    plane.slice.directions.push_back(std::move(direction));
  }
  for (std::size_t k = 0; k < count; ++k) {
    PlaneMark mark{checkpoints[k].first, dot(moved[k], plane.slice.directions[0]),
                   dot(moved[k], plane.slice.directions[1]), 0.0, true};
    std::vector<double> rest = moved[k];
    const auto size = static_cast<blasint>(rest.size());
    cblas_daxpy(size, -mark.x, plane.slice.directions[0].data(), 1, rest.data(), 1);
    cblas_daxpy(size, -mark.y, plane.slice.directions[1].data(), 1, rest.data(), 1);
    mark.out_of_plane = norm(rest) * unit;
    mark.x *= unit;
    mark.y *= unit;
    plane.marks.push_back(std::move(mark));
  }
  return plane;
}

Plane given_plane(std::span<const double> origin, std::vector<std::vector<double>> directions,
                  std::string description) {
  for (std::size_t j = 0; j < directions.size(); ++j) {
    if (norm(directions[j]) == 0.0) {
      throw Error(
          fmt::format("direction {} is zero in the scanned parameters; it leads nowhere", j + 1));
    }
  }
  if (directions.size() == 2 && parallel(directions[0], directions[1])) {
    throw Error(
        fmt::format("the two directions are parallel (their cosine is {:.7g}); a plane needs two "
                    "that are not, a line one",
                    cosine(directions[0], directions[1])));
  }
  return {{{origin.begin(), origin.end()}, std::move(directions)},
          {{"centre"}},
          std::move(description)};
}

std::pair<Axis, Axis> enclosing_axes(const Plane& plane, std::int64_t count) {
  const auto range = [&](double PlaneMark::*coordinate) {
    const auto [low, high] = std::ranges::minmax(plane.marks, {}, coordinate);
    return std::pair(low.*coordinate, high.*coordinate);
  };
  const auto [left, right] = range(&PlaneMark::x);
  const auto [bottom, top] = range(&PlaneMark::y);
  const double side = 1.4 * std::max(right - left, top - bottom) / 2.0;
  if (side == 0.0) return {Axis{-1, 1, count}, Axis{-1, 1, count}};
  const double x = (left + right) / 2.0;
  const double y = (bottom + top) / 2.0;
  return {Axis{x - side, x + side, count}, Axis{y - side, y + side, count}};
}

}  // namespace convexscan
