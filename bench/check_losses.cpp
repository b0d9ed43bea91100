// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "convexscan/compare.hpp"
#include "convexscan/error.hpp"
#include "naive_network.hpp"

namespace convexscan::bench {
namespace {

/// f(θ) by the definition, samples shared out among threads and summed in their order.
double loss_by_definition(const Objective& objective, const std::vector<double>& theta) {
  const NetworkTask& task = *objective.network();
  const std::vector<long double> exact(theta.begin(), theta.end());
  const auto width = static_cast<std::size_t>(task.model.inputs());
  std::vector<long double> losses(static_cast<std::size_t>(task.samples));
#pragma omp parallel for schedule(static)
  for (std::size_t s = 0; s < losses.size(); ++s) {
    const std::span<const double> input(task.inputs.data() + s * width, width);
    const auto sample = static_cast<std::int64_t>(s);
    losses[s] = naive::sample_loss<long double>(
        task, naive::outputs<long double>(task.model, exact, input, sample), sample);
  }
  long double sum = 0;
  for (const long double loss : losses) sum += loss;
  return static_cast<double>(sum / static_cast<long double>(losses.size()));
}

/// Largest difference relative to the largest loss; throws where it is beyond rounding.
class Agreement {
 public:
  explicit Agreement(const Problem& problem)
      : allowed_(default_tolerances(problem.precision, problem.objective.network()->samples,
                                    problem.objective.parameter_count())
                     .at(Quantity::loss)
                     .relative) {}

  void add(const std::string& where, double found, double expected) {
    scale_ = std::max(scale_, std::fabs(expected));
    const double difference = std::fabs(found - expected);
    if (!(difference <= allowed_ * scale_)) {
      throw Error(fmt::format("wrong loss at {}: {:.17g}, by the definition {:.17g}", where, found,
                              expected));
    }
    worst_ = std::max(worst_, difference);
    ++count_;
  }

  std::string text() const {
    return fmt::format("loss at {} points to {:.0e}", count_, worst_ / scale_);
  }

 private:
  double allowed_;
  double scale_ = 0.0;
  double worst_ = 0.0;
  int count_ = 0;
};

}  // namespace

std::string check_scan(const Problem& problem, const ValueTable& values) {
  std::string text;
  if (const auto loss = values.find(Quantity::loss); loss != values.end()) {
    Agreement agreement(problem);
    const std::int64_t count = problem.points.count();
    // A loss by the definition takes a second where a scan's takes microseconds.
    const double work = static_cast<double>(problem.objective.network()->samples) *
                        static_cast<double>(problem.objective.parameter_count());
    std::vector<std::int64_t> some{count / 2};
    if (work < 1e9) some = {0, count / 3, count - 1};
    for (const std::int64_t p : some) {
      const std::span<const double> at =
          std::span(problem.points.coordinates).subspan(static_cast<std::size_t>(2 * p), 2);
      agreement.add(fmt::format("point {}", p), loss->second.data[static_cast<std::size_t>(p)],
                    loss_by_definition(problem.objective, problem.slice.at(at)));
    }
    text = agreement.text();
  }
  const std::string curvature = check_curvature(problem, values, curvature_check(problem));
  return text.empty() || curvature.empty() ? text + curvature : text + ", " + curvature;
}

std::string check_segments(const Problem& problem, const Segments& segments,
                           std::span<const double> losses, std::span<const double> gaps) {
  Agreement agreement(problem);
  const std::vector<double>& t = problem.places;
  const std::int64_t last = segments.count() - 1;
  double worst_gap = 0.0;
  for (const std::int64_t k : {std::int64_t{0}, last / 2, last}) {
    const std::span<const double> f =
        losses.subspan(static_cast<std::size_t>(k) * t.size(), t.size());
    const std::span<const double> gap =
        gaps.subspan(static_cast<std::size_t>(k) * t.size(), t.size());
    for (const std::size_t p : {std::size_t{0}, t.size() / 3, t.size() - 1}) {
      agreement.add(fmt::format("segment {}, t = {:.4g}", k, t[p]), f[p],
                    loss_by_definition(problem.objective, segments.slice(k).at({&t[p], 1})));
    }
    // The envelope at a place is the lowest chord over it.
    double scale = 0.0;
    for (const double value : f) scale = std::max(scale, std::fabs(value));
    for (std::size_t i = 0; i < f.size(); ++i) {
      double lowest = f[i];
      for (std::size_t a = 0; a < i; ++a) {
        for (std::size_t b = i + 1; b < f.size(); ++b) {
          const double weight = static_cast<double>(i - a) / static_cast<double>(b - a);
          lowest = std::min(lowest, (1.0 - weight) * f[a] + weight * f[b]);
        }
      }
      // Two products and two sums of numbers up to the scale, on both sides.
      const double difference = std::fabs(gap[i] - (f[i] - lowest));
      if (!(difference <= 8.0 * scale * 2.3e-16)) {
        throw Error(
            fmt::format("wrong convexity gap on segment {} at t = {:.4g}: {:.17g}, by every "
                        "chord {:.17g}",
                        k, t[i], gap[i], f[i] - lowest));
      }
      worst_gap = std::max(worst_gap, difference / scale);
    }
  }
  return fmt::format("{}, gaps of 3 segments to {:.0e}", agreement.text(), worst_gap);
}

}  // namespace convexscan::bench
