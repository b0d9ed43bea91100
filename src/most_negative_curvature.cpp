// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/most_negative_curvature.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "convexscan/error.hpp"
#include "weighted_curvature.hpp"

namespace convexscan {
namespace {

using Coordinates = std::vector<double>;

struct Place {
  Coordinates z;
  LeastCurvature curvature;

  /// To be made small; what is not finite is the worst there is.
  double value() const {
    return std::isnan(curvature.value) ? std::numeric_limits<double>::infinity() : curvature.value;
  }
};

double dot(const Coordinates& a, const Coordinates& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

Coordinates difference(const Coordinates& a, const Coordinates& b) {
  Coordinates d(a.size());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = a[i] - b[i];
  return d;
}

/// One descent.
struct Descent {
  Place place;
  Coordinates gradient;
  Coordinates move;  // the last one
  double step = 0.0;
  bool running = true;
};

class Search {
 public:
  Search(Backend& backend, const Objective& objective, const SearchRegion& region,
         std::span<const double> weights, const CurvatureSearch& search,
         const SearchProgress& progress, const std::atomic<bool>* stop)
      : backend_(backend),
        region_(region),
        search_(search),
        curvature_(objective, weights),
        progress_(progress),
        stop_(stop),
        random_(search.seed + 1) {}

  /// The lowest of the points come first.
  std::vector<Place> look(const std::vector<Coordinates>& points) {
    std::vector<Place> places;
    constexpr std::size_t batch = 64;
    for (std::size_t first = 0; first < points.size(); first += batch) {
      const std::size_t last = std::min(points.size(), first + batch);
      const std::vector<Coordinates> part(points.begin() + static_cast<std::ptrdiff_t>(first),
                                          points.begin() + static_cast<std::ptrdiff_t>(last));
      for (Place& place : evaluate(part)) places.push_back(std::move(place));
    }
    std::ranges::stable_sort(places, {}, &Place::value);
    return places;
  }

  /// Descends from every place in lock step.
  void descend(std::vector<Place>& places) {
    std::vector<Descent> descents;
    for (Place& place : places) descents.push_back({std::move(place), {}, {}, 0.0, true});
    for (std::int64_t step = 0; step < search_.steps; ++step) {
      differentiate(descents);
      if (!advance(descents)) break;
    }
    for (std::size_t k = 0; k < places.size(); ++k) places[k] = std::move(descents[k].place);
    std::ranges::stable_sort(places, {}, &Place::value);
  }

  /// Random points around a place, ever nearer. Returns whether a lower one was found.
  bool scatter(Place& place) {
    constexpr int rounds = 12;
    constexpr int points = 8;
    boost::random::normal_distribution<double> normal;
    const double before = place.value();
    double radius = 0.05 * region_.radius();
    for (int round = 0; round < rounds; ++round) {
      std::vector<Coordinates> around;
      for (int p = 0; p < points; ++p) {
        Coordinates z = place.z;
        for (double& c : z) c += radius * normal(random_);
        region_.project(z);
        around.push_back(std::move(z));
      }
      std::vector<Place> found = evaluate(around);
      const auto best = std::ranges::min_element(found, {}, &Place::value);
      if (best->value() < place.value()) {
        place = std::move(*best);
      } else {
        radius *= 0.4;
      }
    }
    return place.value() < before - 1e-9 * (1.0 + std::fabs(before));
  }

  std::int64_t evaluations() const { return evaluations_; }

 private:
  std::vector<Place> evaluate(const std::vector<Coordinates>& points) {
    std::vector<std::vector<double>> thetas;
    for (const Coordinates& z : points) thetas.push_back(region_.theta(z));
    std::vector<LeastCurvature> found = curvature_.at(thetas, stop_);
    std::vector<Place> places;
    for (std::size_t k = 0; k < points.size(); ++k) {
      places.push_back({points[k], std::move(found[k])});
    }
    evaluations_ += static_cast<std::int64_t>(points.size());
    const std::int64_t whole =
        std::max(evaluations_, search_.samples + search_.descents * search_.steps);
    if (progress_) progress_(evaluations_, whole);
    return places;
  }

  /// ∇(vᵀH(θ)v) = d²/dt² ∇f(θ + tv) at t = 0, by the difference quotient
  /// (−g₋₂ + 16g₋₁ − 30g₀ + 16g₁ − g₂)/(12h²), of all descents in one batch.
  void differentiate(std::vector<Descent>& descents) {
    constexpr double weights[] = {-1.0, 16.0, -30.0, 16.0, -1.0};
    const double h = std::clamp(1e-3 * region_.radius(), 1e-5, 1e-3);
    std::vector<double> thetas;
    for (const Descent& descent : descents) {
      if (!descent.running) continue;
      const std::vector<double> theta = region_.theta(descent.place.z);
      const std::vector<double>& v = descent.place.curvature.direction;
      const double length = std::sqrt(dot(v, v));
      for (int k = -2; k <= 2; ++k) {
        for (std::size_t i = 0; i < theta.size(); ++i) {
          thetas.push_back(theta[i] + k * h / length * v[i]);
        }
      }
    }
    std::vector<double> gradients(thetas.size());
    const std::size_t size = descents.front().place.curvature.direction.size();
    std::vector<double> losses(size == 0 ? 0 : thetas.size() / size);
    backend_.gradients(thetas, losses, gradients);
    std::size_t row = 0;
    for (Descent& descent : descents) {
      if (!descent.running) continue;
      const std::vector<double>& v = descent.place.curvature.direction;
      std::vector<double> gradient(size, 0.0);
      for (const double weight : weights) {
        for (std::size_t i = 0; i < size; ++i) {
          gradient[i] += weight * gradients[row * size + i] * dot(v, v) / (12.0 * h * h);
        }
        ++row;
      }
      Coordinates own = region_.pull(gradient);
      if (!descent.gradient.empty()) lengthen(descent, own);
      descent.gradient = std::move(own);
      const double norm = std::sqrt(dot(descent.gradient, descent.gradient));
      if (descent.step == 0.0) descent.step = region_.radius() / norm;
      // Where the third derivative vanishes there is nowhere to go.
      descent.running = std::isfinite(norm) && norm > 0.0 && std::isfinite(descent.step);
    }
  }

  /// Barzilai & Borwein's step sᵀs/sᵀy where that is positive, s the last move and y what it did to
  /// the gradient; else twice the last step.
  static void lengthen(Descent& descent, const Coordinates& gradient) {
    const double curved = dot(descent.move, difference(gradient, descent.gradient));
    const double squares = dot(descent.move, descent.move);
    descent.step = curved > 0.0 ? squares / curved : 2.0 * descent.step;
  }

  /// One step of every running descent; false when none is left.
  bool advance(std::vector<Descent>& descents) {
    std::vector<Descent*> trying;
    for (Descent& descent : descents) {
      if (descent.running) trying.push_back(&descent);
    }
    if (trying.empty()) return false;
    constexpr int shortenings = 14;
    for (int attempt = 0; attempt < shortenings && !trying.empty(); ++attempt) {
      std::vector<Coordinates> points;
      for (const Descent* descent : trying) {
        Coordinates z = descent->place.z;
        for (std::size_t i = 0; i < z.size(); ++i) z[i] -= descent->step * descent->gradient[i];
        region_.project(z);
        points.push_back(std::move(z));
      }
      std::vector<Place> places = evaluate(points);
      std::vector<Descent*> failed;
      for (std::size_t k = 0; k < trying.size(); ++k) {
        Descent& descent = *trying[k];
        const double expected = dot(descent.gradient, difference(descent.place.z, places[k].z));
        if (!(expected > 1e-14 * (1.0 + std::fabs(descent.place.value())))) {
          descent.running = false;  // a critical point, or a corner of the region
        } else if (places[k].value() <= descent.place.value() - 1e-4 * expected) {
          descent.move = difference(places[k].z, descent.place.z);
          descent.place = std::move(places[k]);
        } else {
          descent.step *= 0.25;
          failed.push_back(&descent);
        }
      }
      trying = std::move(failed);
    }
    for (Descent* descent : trying) descent->running = false;
    return std::ranges::any_of(descents, &Descent::running);
  }

  Backend& backend_;
  const SearchRegion& region_;
  const CurvatureSearch& search_;
  const WeightedCurvature curvature_;
  const SearchProgress& progress_;
  const std::atomic<bool>* stop_;
  boost::random::mt19937_64 random_;
  std::int64_t evaluations_ = 0;
};

}  // namespace

NegativeCurvature most_negative_curvature(Backend& backend, const Objective& objective,
                                          const SearchRegion& region,
                                          std::span<const double> weights,
                                          const CurvatureSearch& settings,
                                          const std::vector<std::vector<double>>& candidates,
                                          const SearchProgress& progress,
                                          const std::atomic<bool>* stop) {
  Search search(backend, objective, region, weights, settings, progress, stop);
  std::vector<Coordinates> points = region.sample(settings.samples, settings.seed);
  points.insert(points.end(), candidates.begin(), candidates.end());
  std::vector<Place> places = search.look(points);
  std::erase_if(places, [](const Place& place) { return !std::isfinite(place.value()); });
  if (places.empty())
    throw Error("the Hessian is finite at no point of the region; take a smaller one");
  places.resize(std::min(places.size(), static_cast<std::size_t>(settings.descents)));
  search.descend(places);
  Place& lowest = places.front();
  if (search.scatter(lowest)) {
    std::vector<Place> again{lowest};
    search.descend(again);
    lowest = std::move(again.front());
  }
  return {region.theta(lowest.z), lowest.curvature.direction, lowest.curvature.value,
          lowest.curvature.error, search.evaluations()};
}

}  // namespace convexscan
