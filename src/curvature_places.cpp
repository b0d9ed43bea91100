// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "curvature_places.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "convexscan/slope_drop.hpp"
#include "distance.hpp"

namespace convexscan {
namespace {

/// A descent has converged when this much of the curvature, to first order, is all there is to
/// gain.
constexpr double tolerance = 1e-6;

double product(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

CurvaturePlaces::CurvaturePlaces(Backend& backend, const Objective& objective,
                                 const SearchRegion& region, std::span<const double> weights,
                                 std::int64_t expected, const SearchProgress& progress,
                                 const std::atomic<bool>* stop)
    : backend_(backend),
      region_(region),
      curvature_(objective, weights),
      kinks_(has_kinks(objective)),
      expected_(expected),
      progress_(progress),
      stop_(stop) {}

std::vector<Place> CurvaturePlaces::evaluate(const std::vector<Coordinates>& points) {
  std::vector<std::vector<double>> thetas;
  for (const Coordinates& z : points) thetas.push_back(region_.theta(z));
  std::vector<LeastCurvature> found = curvature_.at(thetas, stop_);
  std::vector<Place> places;
  for (std::size_t k = 0; k < points.size(); ++k) {
    Place place;
    place.z = points[k];
    place.curvature = std::move(found[k]);
    if (std::isfinite(place.value())) {
      least_possible_ = std::min(least_possible_, place.curvature.least_possible);
    } else {
      ++missing_;
    }
    places.push_back(std::move(place));
  }
  evaluations_ += static_cast<std::int64_t>(points.size());
  if (progress_) progress_(evaluations_, std::max(evaluations_, expected_));
  return places;
}

double CurvaturePlaces::step() const { return std::clamp(1e-3 * region_.radius(), 1e-5, 1e-3); }

std::vector<CurvatureGradient> CurvaturePlaces::differentiate(const std::vector<Place>& places,
                                                              double h) {
  std::vector<std::vector<double>> thetas;
  std::vector<std::span<const double>> directions;
  for (const Place& place : places) {
    thetas.push_back(region_.theta(place.z));
    directions.emplace_back(place.curvature.direction);
  }
  return curvature_gradients(backend_, thetas, directions, h);
}

CurvaturePlaces::FirstOrderGain CurvaturePlaces::gain_of(const Place& place,
                                                         const CurvatureGradient& slope) const {
  const Coordinates g = region_.pull(slope.gradient);
  const double norm = std::sqrt(product(g, g));
  Coordinates to = place.z;
  for (std::size_t i = 0; norm > 0.0 && i < to.size(); ++i) {
    to[i] -= region_.radius() / norm * g[i];
  }
  region_.project(to);
  return {product(g, place.z) - product(g, to),
          slope.rounding * distance(place.z, to) + place.curvature.error};
}

void CurvaturePlaces::measure(const std::vector<Place*>& places) {
  std::vector<Place> at;
  for (const Place* place : places) at.push_back(*place);
  const std::vector<CurvatureGradient> slopes = differentiate(at, step());
  // A quotient across a kink is of the order of its step's reciprocal, and no derivative.
  const std::vector<CurvatureGradient> shorter = kinks_ ? differentiate(at, 0.25 * step()) : slopes;
  for (std::size_t k = 0; k < places.size(); ++k) {
    const FirstOrderGain gain = gain_of(*places[k], slopes[k]);
    const FirstOrderGain again = gain_of(*places[k], shorter[k]);
    if (!std::isfinite(gain.value)) continue;
    const bool unsteady =
        std::fabs(gain.value - again.value) > 0.1 * gain.value + gain.rounding + again.rounding;
    places[k]->gain = unsteady ? std::numeric_limits<double>::quiet_NaN() : gain.value;
    places[k]->converged =
        places[k]->gain <= tolerance * std::fabs(places[k]->value()) + gain.rounding;
  }
}

}  // namespace convexscan
