// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/most_negative_curvature.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include "convexscan/error.hpp"
#include "curvature_places.hpp"
#include "distance.hpp"
#include "minimization.hpp"
#include "random_stream.hpp"
#include "unbounded_variables.hpp"

namespace convexscan {
namespace {

/// Points that are looked at ever nearer to the middle, each an eighth as far.
constexpr std::size_t inner_points = 12;

/// The lowest count places of which no two are nearer than half the distance that two places of
/// the list commonly have, so that not all lie in one valley; where that leaves too few, the lowest
/// of the others as well. places are in order.
std::vector<Place> lowest_apart(const std::vector<Place>& places, std::size_t count) {
  std::vector<double> distances;
  for (std::size_t k = 1; k < places.size(); ++k) {
    distances.push_back(distance(places[k - 1].z, places[k].z));
  }
  std::ranges::sort(distances);
  const double apart = distances.empty() ? 0.0 : 0.5 * distances[distances.size() / 2];
  std::vector<Place> chosen;
  std::vector<const Place*> others;
  for (const Place& place : places) {
    if (chosen.size() == count) break;
    if (std::ranges::any_of(
            chosen, [&](const Place& other) { return distance(place.z, other.z) < apart; })) {
      others.push_back(&place);
    } else {
      chosen.push_back(place);
    }
  }
  for (std::size_t k = 0; k < others.size() && chosen.size() < count; ++k) {
    chosen.push_back(*others[k]);
  }
  return chosen;
}

class Search {
 public:
  Search(Backend& backend, const Objective& objective, const SearchRegion& region,
         std::span<const double> weights, const CurvatureSearch& search,
         const SearchProgress& progress, const std::atomic<bool>* stop)
      : region_(region),
        search_(search),
        looked_at_(backend, objective, region, weights, expected(search), progress, stop),
        random_(stream_seed(search.seed, RandomUse::descents)) {}

  /// Those with a finite Hessian, the lowest first.
  std::vector<Place> look(const std::vector<Coordinates>& points) {
    std::vector<Place> places;
    constexpr std::size_t batch = 64;
    for (std::size_t first = 0; first < points.size(); first += batch) {
      const std::size_t last = std::min(points.size(), first + batch);
      const std::vector<Coordinates> part(points.begin() + static_cast<std::ptrdiff_t>(first),
                                          points.begin() + static_cast<std::ptrdiff_t>(last));
      for (Place& place : looked_at_.evaluate(part)) places.push_back(std::move(place));
    }
    std::erase_if(places, [](const Place& place) { return !std::isfinite(place.value()); });
    std::ranges::stable_sort(places, {}, &Place::proved);
    if (!places.empty()) scale_ = std::max(scale_, std::fabs(places.front().value()));
    return places;
  }

  /// Descends from every place, all in one batch, and puts the lowest first.
  void descend(std::vector<Place>& places) {
    constexpr int restarts = 4;
    std::vector<Place*> open;
    for (Place& place : places) open.push_back(&place);
    std::vector<std::int64_t> left(places.size(), *search_.steps);
    if (*search_.steps == 0) looked_at_.measure(open);
    for (int round = 0; round < restarts && !open.empty() && *search_.steps > 0; ++round) {
      std::vector<std::int64_t> rest;
      std::vector<Place*> again;
      const std::vector<int> iterations = minimise(open, *std::ranges::max_element(left));
      looked_at_.measure(open);
      for (std::size_t k = 0; k < open.size(); ++k) {
        // One that the boundary held, or a line search that failed, is taken up a little inside.
        const std::int64_t remaining = left[k] - iterations[k];
        if (open[k]->converged || remaining <= 0) continue;
        again.push_back(open[k]);
        rest.push_back(remaining);
      }
      open = std::move(again);
      left = std::move(rest);
    }
    std::ranges::stable_sort(places, {}, &Place::proved);
    descents_ += static_cast<std::int64_t>(places.size());
    converged_ += std::ranges::count_if(places, &Place::converged);
  }

  /// Descends from mixtures of places: half as many, of the lower half, each with about a third of
  /// its coordinates from another place. Puts those that end lowest in place of the highest.
  void mix(std::vector<Place>& places) {
    boost::random::uniform_int_distribution<std::size_t> of_places(0, places.size() - 1);
    boost::random::uniform_int_distribution<int> of_three(0, 2);
    std::vector<Coordinates> points;
    for (std::size_t k = 0; k < places.size() / 2; ++k) {
      Coordinates z = places[k].z;
      const Coordinates& other = places[of_places(random_)].z;
      for (std::size_t i = 0; i < z.size(); ++i) {
        if (of_three(random_) == 0) z[i] = other[i];
      }
      region_.project(z);
      points.push_back(std::move(z));
    }
    std::vector<Place> mixed = look(points);
    if (mixed.empty()) return;
    descend(mixed);
    const std::size_t count = places.size();
    std::ranges::move(mixed, std::back_inserter(places));
    std::ranges::stable_sort(places, {}, &Place::proved);
    places.resize(count);
  }

  /// Random points around a place, ever nearer. Returns whether a lower one was found.
  bool scatter(Place& place) {
    constexpr int rounds = 12;
    constexpr int points = 8;
    boost::random::normal_distribution<double> normal;
    const double before = place.proved();
    double radius = 0.05 * region_.radius();
    for (int round = 0; round < rounds; ++round) {
      std::vector<Coordinates> around;
      for (int p = 0; p < points; ++p) {
        Coordinates z = place.z;
        for (double& c : z) c += radius * normal(random_);
        region_.project(z);
        around.push_back(std::move(z));
      }
      std::vector<Place> found = looked_at_.evaluate(around);
      const auto best = std::ranges::min_element(found, {}, &Place::proved);
      if (best->proved() < place.proved()) {
        place = std::move(*best);
      } else {
        radius *= 0.4;
      }
    }
    return place.proved() < before - 1e-9 * (1.0 + std::fabs(before));
  }

  CurvaturePlaces& looked_at() { return looked_at_; }
  std::int64_t descents() const { return descents_; }
  std::int64_t converged() const { return converged_; }

 private:
  /// Points that the search will look at, as far as is known.
  static std::int64_t expected(const CurvatureSearch& search) {
    constexpr std::int64_t usual_steps = 60;
    return *search.samples + *search.descents * std::min(*search.steps, usual_steps);
  }

  /// L-BFGS from every place, which moves to where it ended if that is lower. Returns how many
  /// iterations each took.
  std::vector<int> minimise(const std::vector<Place*>& places, std::int64_t steps) {
    const UnboundedVariables& variables = region_.unbounded();
    std::vector<double> starts;
    for (const Place* place : places) {
      const std::vector<double> u = variables.inside(place->z);
      starts.insert(starts.end(), u.begin(), u.end());
    }
    const std::size_t count = starts.size() / places.size();
    const auto image = [&](std::span<const double> u) {
      Coordinates z = variables.bounded(u);
      region_.project(z);
      return z;
    };
    std::vector<std::int64_t> all(count);
    std::iota(all.begin(), all.end(), std::int64_t{0});
    const double unit = scale_ > 0.0 ? scale_ : 1.0;
    const auto curvatures = [&](std::span<const double> us, std::span<double> values,
                                std::span<double> gradients) {
      std::vector<Coordinates> points;
      for (std::size_t k = 0; k < values.size(); ++k) {
        points.push_back(image(us.subspan(k * count, count)));
      }
      const std::vector<Place> found = looked_at_.evaluate(points);
      const std::vector<CurvatureGradient> slopes = looked_at_.differentiate(found);
      for (std::size_t k = 0; k < values.size(); ++k) {
        values[k] = found[k].value() / unit;
        const std::vector<double> own =
            variables.pull(us.subspan(k * count, count), region_.pull(slopes[k].gradient));
        for (std::size_t i = 0; i < count; ++i) gradients[k * count + i] = own[i] / unit;
      }
    };
    const std::vector<TrainingResult> ends =
        minimize_starts(static_cast<std::int64_t>(count), all, curvatures, starts,
                        {.max_iterations = static_cast<int>(steps), .gradient_tolerance = 1e-7});
    std::vector<Coordinates> points;
    std::vector<int> iterations;
    for (const TrainingResult& end : ends) {
      points.push_back(image(end.theta));
      iterations.push_back(std::max(end.iterations, 1));
    }
    std::vector<Place> found = looked_at_.evaluate(points);
    for (std::size_t k = 0; k < places.size(); ++k) {
      if (found[k].proved() < places[k]->proved()) *places[k] = std::move(found[k]);
    }
    return iterations;
  }

  const SearchRegion& region_;
  const CurvatureSearch& search_;
  CurvaturePlaces looked_at_;
  boost::random::mt19937_64 random_;
  double scale_ = 0.0;  // of curvature on the region
  std::int64_t descents_ = 0;
  std::int64_t converged_ = 0;
};

}  // namespace

CurvatureSearch with_counts(CurvatureSearch search, std::int64_t coordinates) {
  constexpr std::int64_t most = 64;
  constexpr std::int64_t least = 8;
  constexpr std::int64_t few_coordinates = 16;
  constexpr std::int64_t samples_each = 32;
  constexpr std::int64_t rounds = 6;
  if (!search.descents) {
    search.descents =
        std::clamp(most * few_coordinates / std::max<std::int64_t>(coordinates, 1), least, most);
  }
  if (!search.samples) search.samples = samples_each * *search.descents;
  if (!search.steps) {
    search.steps =
        std::clamp<std::int64_t>(500 * 128 / std::max<std::int64_t>(coordinates, 1), 60, 500);
  }
  if (!search.mixtures) {
    search.mixtures =
        std::min(rounds, rounds * few_coordinates / std::max<std::int64_t>(coordinates, 1));
  }
  return search;
}

NegativeCurvature most_negative_curvature(Backend& backend, const Objective& objective,
                                          const SearchRegion& region,
                                          std::span<const double> weights,
                                          const CurvatureSearch& settings,
                                          const std::vector<std::vector<double>>& candidates,
                                          const SearchProgress& progress,
                                          const std::atomic<bool>* stop) {
  std::vector<Coordinates> points = region.sample(1, settings.seed);
  const CurvatureSearch counts =
      with_counts(settings, static_cast<std::int64_t>(points.front().size()));
  Search search(backend, objective, region, weights, counts, progress, stop);
  points = region.sample(*counts.samples, settings.seed);
  for (Coordinates& corner : region.corners(*counts.samples / 4)) {
    points.push_back(std::move(corner));
  }
  // In a huge region most samples are far out, where rounding may hide what there is further in.
  const std::size_t inner = std::min<std::size_t>(points.size(), 1 + inner_points);
  double part = 1.0;
  for (std::size_t k = 1; k < inner; ++k) {
    part /= 8.0;
    Coordinates z = points.front();
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += part * (points[k][i] - z[i]);
    points.push_back(std::move(z));
  }
  points.insert(points.end(), candidates.begin(), candidates.end());
  const std::vector<Place> seen = search.look(points);
  if (seen.empty())
    throw Error(
        "the Hessian is finite at no point of the region; take a smaller one, or smaller inputs");
  std::vector<Place> places = lowest_apart(seen, static_cast<std::size_t>(*counts.descents));
  search.descend(places);
  for (std::int64_t round = 0; round < *counts.mixtures; ++round) search.mix(places);
  Place& lowest = places.front();
  if (search.scatter(lowest)) {
    std::vector<Place> again{lowest};
    search.descend(again);
    lowest = std::move(again.front());
  } else {
    search.looked_at().measure({&lowest});
  }
  return {region.theta(lowest.z),
          lowest.curvature.direction,
          lowest.curvature.value,
          lowest.curvature.error,
          search.looked_at().evaluations(),
          search.looked_at().missing(),
          search.looked_at().least_possible(),
          search.descents(),
          search.converged(),
          lowest.gain,
          lowest.converged};
}

}  // namespace convexscan
