// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/convexify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "distance.hpp"
#include "minimization.hpp"
#include "random_stream.hpp"
#include "weighted_curvature.hpp"

namespace convexscan {
namespace {

constexpr std::int64_t kink_trials = 200;

/// So often a minimiser that curves down more than anything before may start all levels anew.
constexpr int rounds = 8;

double needed(const NegativeCurvature& worst) {
  return worst.value < -worst.error ? -0.5 * worst.value : 0.0;
}

double penalty_value(const AddedPenalty& penalty, std::span<const double> theta) {
  double sum = 0.0;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const double d = theta[i] - penalty.centre[i];
    sum += penalty.weights[i] * d * d;
  }
  return sum;
}

/// Gradients of f + λ·penalty.
BatchFunction penalised(Backend& backend, const AddedPenalty& penalty, double lambda) {
  return [&backend, &penalty, lambda](std::span<const double> thetas, std::span<double> losses,
                                      std::span<double> gradients) {
    backend.gradients(thetas, losses, gradients);
    const std::size_t parameters = penalty.weights.size();
    for (std::size_t k = 0; k < losses.size(); ++k) {
      const std::span<const double> theta = thetas.subspan(k * parameters, parameters);
      losses[k] += lambda * penalty_value(penalty, theta);
      for (std::size_t i = 0; i < parameters; ++i) {
        gradients[k * parameters + i] +=
            2.0 * lambda * penalty.weights[i] * (theta[i] - penalty.centre[i]);
      }
    }
  };
}

/// Distances between all pairs of ends.
void measure_distances(ConvexifyLevel& level) {
  std::vector<double> distances;
  for (std::size_t a = 0; a < level.ends.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      distances.push_back(distance(level.ends[a].theta, level.ends[b].theta));
    }
  }
  if (distances.empty()) return;
  std::ranges::sort(distances);
  level.median_distance = distances[(distances.size() - 1) / 2];
  level.largest_distance = distances.back();
}

/// What level.lambda and level.ends say of the rest.
void describe_ends(Backend& backend, const Objective& objective, const SearchRegion& region,
                   const ConvexifyOptions& options, ConvexifyLevel& level) {
  level.inside.clear();
  level.widths.clear();
  const NetworkTask* network = objective.network();
  std::vector<double> thetas;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < level.ends.size(); ++k) {
    const TrainingResult& end = level.ends[k];
    level.inside.push_back(region.contains(end.theta));
    thetas.insert(thetas.end(), end.theta.begin(), end.theta.end());
    if (network != nullptr) {
      level.widths.push_back(effective_widths(*network, end.theta, options.same_neuron));
    }
    if (end.loss < lowest) {
      lowest = end.loss;
      level.best = k;
    }
  }
  if (!std::isfinite(lowest)) {
    throw Error(fmt::format(
        "with a penalty of {:.4g} the loss is finite at no start; take {}a smaller region, or "
        "smaller inputs",
        level.lambda, level.lambda > 0.0 ? "lower --levels, " : ""));
  }
  // Computed anew: beside a penalty that is 1e16 times as large, the sum knows nothing of the loss.
  QuantitySet quantities{Quantity::loss};
  if (network != nullptr && network->accuracy != Accuracy::none) {
    quantities.insert(Quantity::accuracy);
  }
  ValueTable values =
      backend.point_values(thetas, static_cast<std::int64_t>(level.ends.size()), quantities);
  level.loss = std::move(values[Quantity::loss].data);
  level.accuracy = std::move(values[Quantity::accuracy].data);
  measure_distances(level);
}

/// Ends (starts, parameters) one after the other.
std::vector<double> points_of(const ConvexifyLevel& level) {
  std::vector<double> thetas;
  for (const TrainingResult& end : level.ends) {
    thetas.insert(thetas.end(), end.theta.begin(), end.theta.end());
  }
  return thetas;
}

/// Every start keeps its own end, or takes the other one where that is lower by more than what the
/// gradient left over at a converged end may account for on the way there, ‖∇f‖·‖θ − θ'‖. Else the
/// two are one minimum as far as a minimiser can tell, and its own is the one that λ gave.
void keep_lower(std::vector<TrainingResult>& ends, std::vector<TrainingResult> others) {
  for (std::size_t k = 0; k < ends.size(); ++k) {
    if (!std::isfinite(others[k].loss)) continue;
    const double slope = ends[k].converged ? ends[k].gradient_norm : 0.0;
    const bool lower =
        others[k].loss < ends[k].loss - slope * distance(ends[k].theta, others[k].theta);
    if (lower || !std::isfinite(ends[k].loss)) ends[k] = std::move(others[k]);
  }
}

/// Own coordinates of the ends that are in the region.
std::vector<std::vector<double>> coordinates_inside(const ConvexifyLevel& level,
                                                    const SearchRegion& region,
                                                    bool own_coordinates) {
  std::vector<std::vector<double>> found;
  for (std::size_t k = 0; k < level.ends.size(); ++k) {
    if (!level.inside[k]) continue;
    found.push_back(own_coordinates ? region.coordinates(level.ends[k].theta)
                                    : level.ends[k].theta);
  }
  return found;
}

/// The minimiser in the region with the least curvature, if that is beyond all error below the
/// witness's: λ* is too small then.
std::optional<std::vector<double>> lower_minimiser(const ConvexifyResult& result,
                                                   const SearchRegion& region,
                                                   WeightedCurvature& curvature,
                                                   const std::atomic<bool>* stop) {
  std::optional<std::vector<double>> lowest;
  double least = result.worst.value + result.worst.error;
  for (const ConvexifyLevel& level : result.levels) {
    const std::vector<std::vector<double>> inside = coordinates_inside(level, region, false);
    const std::vector<LeastCurvature> found = curvature.at(inside, stop);
    for (std::size_t k = 0; k < inside.size(); ++k) {
      if (!(found[k].value + 3.0 * found[k].error < least)) continue;
      least = found[k].value + found[k].error;
      lowest = inside[k];
    }
  }
  return lowest;
}

/// A term V|d|^p with p < 1 has the second derivative Vp(p − 1)|d|^(p − 2), which falls to −∞ at
/// d = 0.
std::string unbounded_term(const Objective& objective, const SearchRegion& region) {
  const Penalty& penalty = objective.penalty;
  const bool reached = std::ranges::any_of(objective.subset, [&](std::int64_t parameter) {
    const auto i = static_cast<std::size_t>(parameter);
    const auto [low, high] = region.range(i);
    const double zero = penalty.centre.empty() ? 0.0 : penalty.centre[i];
    return low < high && low <= zero && zero <= high;
  });
  if (!reached) return {};
  const auto term = std::ranges::find_if(penalty.terms, [](const PenaltyTerm& t) {
    return t.kind == PenaltyTerm::Kind::lp && t.exponent < 1.0 && t.value > 0.0;
  });
  return term == penalty.terms.end() ? std::string() : description(*term);
}

}  // namespace

AddedPenalty added_penalty(std::string_view text, const std::vector<double>& centre,
                           std::int64_t parameters) {
  AddedPenalty penalty;
  const auto count = static_cast<std::size_t>(parameters);
  penalty.weights.assign(count, 1.0);
  penalty.centre = centre.empty() ? std::vector<double>(count, 0.0) : centre;
  const std::string around = centre.empty() ? "θ" : "θ − centre";
  penalty.description = fmt::format("λ‖{}‖²", around);
  if (text == "l2") return penalty;
  const PenaltyTerm term = [&] {
    if (text.starts_with("l2-graded=")) return parse_penalty(text);
    throw UsageError(
        fmt::format("--add-penalty {}: give l2, or l2-graded=V with weights V, V², …", text));
  }();
  penalty.weights = quadratic_weights({{term}, {}}, parameters);
  const auto [least, most] = std::ranges::minmax(penalty.weights);
  if (!(least > 1e-10 * most) || !std::isfinite(most)) {
    throw UsageError(
        fmt::format("--add-penalty {}: its {} weights span more than ten decades, beyond which "
                    "rounding decides; "
                    "give a V nearer to 1",
                    text, parameters));
  }
  const double scale = most;
  for (double& w : penalty.weights) w /= scale;
  penalty.description =
      fmt::format("λ·Σ wᵢ({})ᵢ², wᵢ = {}ⁱ, the largest scaled to 1", around, term.value);
  return penalty;
}

std::string AddedPenalty::measure() const {
  const auto [least, most] = std::ranges::minmax(weights);
  return least == most ? "" : " of W^-½HW^-½";
}

ConvexifyResult convexify(Backend& backend, const Objective& objective, const SearchRegion& region,
                          const AddedPenalty& penalty, const ConvexifyOptions& options,
                          const ConvexifyProgress& progress, const std::atomic<bool>* stop) {
  ConvexifyResult result;
  result.penalty = penalty;
  result.same_neuron = options.same_neuron;
  result.shape = region.shape();
  for (std::size_t i = 0; i < penalty.weights.size(); ++i) {
    result.bounds.push_back(region.range(i));
  }
  const auto tell = [&](const std::string& what, std::int64_t done, std::int64_t whole) {
    if (progress) progress(what, done, whole);
  };
  std::vector<double> starts;
  for (const std::vector<double>& z :
       region.sample(options.starts, stream_seed(options.seed, RandomUse::region_starts))) {
    const std::vector<double> theta = region.theta(z);
    starts.insert(starts.end(), theta.begin(), theta.end());
  }
  const auto ends = [&](double lambda, std::span<const double> from, const std::string& what) {
    return minimize_starts(objective.parameter_count(), objective.subset,
                           penalised(backend, penalty, lambda), from, options.training,
                           [&](std::int64_t ended, std::int64_t) {
                             tell(what, ended, options.starts);
                             return stop == nullptr || !stop->load();
                           });
  };
  const auto minimise = [&](double lambda, const std::string& what) {
    ConvexifyLevel level;
    level.lambda = lambda;
    level.ends = ends(lambda, starts, what);
    describe_ends(backend, objective, region, options, level);
    return level;
  };

  ConvexifyLevel plain = minimise(0.0, "minimising without the penalty");
  CurvatureSearch search = options.search;
  search.seed = options.seed;
  const SearchProgress looking = [&](std::int64_t done, std::int64_t whole) {
    tell("looking for curvature", done, whole);
  };
  result.worst = most_negative_curvature(backend, objective, region, penalty.weights, search,
                                         coordinates_inside(plain, region, true), looking, stop);
  result.kinks = has_kinks(objective);
  result.unbounded_term = unbounded_term(objective, region);
  if (result.kinks) {
    result.slope_drop =
        find_slope_drop(backend, objective, region, kink_trials, options.seed, stop);
  }

  WeightedCurvature curvature(objective, penalty.weights);
  for (int round = 1;; ++round) {
    result.lambda_star = needed(result.worst);
    result.levels.clear();
    for (const double multiple : options.levels) {
      if (multiple == 0.0) {
        result.levels.push_back(plain);
      } else if (result.lambda_star > 0.0) {
        result.levels.push_back(minimise(multiple * result.lambda_star,
                                         fmt::format("minimising with {:.4g} λ*", multiple)));
      }
    }
    if (result.levels.empty()) result.levels.push_back(plain);
    // Continuation: the least of f + λ·penalty cannot fall as λ rises, so what the next level found
    // is where this one may still go lower.
    for (std::size_t l = result.levels.size() - 1; l-- > 0;) {
      ConvexifyLevel& level = result.levels[l];
      keep_lower(level.ends, ends(level.lambda, points_of(result.levels[l + 1]),
                                  "minimising from the ends of the next λ"));
      describe_ends(backend, objective, region, options, level);
    }
    const std::optional<std::vector<double>> lower =
        lower_minimiser(result, region, curvature, stop);
    if (!lower) break;
    // The search goes on from there, and everything is done again with what that needs.
    CurvatureSearch further = search;
    further.samples = 1;
    further.mixtures = 0;
    const NegativeCurvature before = std::move(result.worst);
    result.worst = most_negative_curvature(backend, objective, region, penalty.weights, further,
                                           {region.coordinates(*lower)}, looking, stop);
    result.worst.evaluations += before.evaluations;
    result.worst.missing += before.missing;
    result.worst.least_possible = std::min(result.worst.least_possible, before.least_possible);
    result.worst.descents += before.descents;
    result.worst.converged += before.converged;
    if (round == rounds) {
      result.lambda_star = needed(result.worst);
      break;
    }
  }
  for (ConvexifyLevel& level : result.levels) {
    level.smallest_eigenvalue = result.worst.value + 2.0 * level.lambda;
  }
  return result;
}

}  // namespace convexscan
