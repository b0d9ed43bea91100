// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/segments.hpp"

#include <omp.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <chrono>
#include <cmath>

#include "convexscan/convexity.hpp"
#include "convexscan/rounding_bound.hpp"
#include "shared/special_values.hpp"

namespace convexscan {
namespace {

/// Numbers of ends that are held at once, and that a result file keeps.
constexpr std::int64_t held_numbers = std::int64_t{1} << 23;

/// The columns of a result in the order in which they are filled.
struct Columns {
  std::vector<double> loss, gap, quasi_gap;  // (segment, t)
  std::vector<double> barrier, barrier_at, largest_gap, worst_t, largest_quasi_gap, least_real;
  std::vector<double> derivatives;  // (segment, 3 places, 2)
};

/// What is found on one segment.
struct SegmentFinding {
  LineConvexity line;
  double least_real = 0.0;  ///< infinite where the segment cannot be decided
};

SegmentFinding examine(const Objective& objective, const Segments& segments, std::int64_t k,
                       std::span<const double> t, std::span<const double> losses,
                       Precision precision) {
  SegmentFinding finding{line_convexity(losses), 0.0};
  double largest = 0.0;
  std::int64_t finite = 0;
  for (const double f : losses) {
    if (!std::isfinite(f)) continue;
    largest = std::max(largest, std::fabs(f));
    ++finite;
  }
  // Two points are always convex.
  if (finite < 3) {
    finding.least_real = infinity;
    return finding;
  }
  finding.least_real = least_real_gap(
      rounding_bound_between(objective, segments.end(k, 0), segments.end(k, 1), t, precision),
      largest);
  if (!std::isfinite(finding.least_real)) finding.least_real = infinity;
  return finding;
}

void raise(WorstPlace& worst, const WorstPlace& place) {
  if (!(place.value >= 0.0)) return;
  const auto rank = [](const WorstPlace& p) { return std::pair(p.real(), p.value); };
  if (worst.segment < 0 || rank(place) > rank(worst)) worst = place;
}

DerivedMap column(const char* name, const char* long_name, std::vector<double> data) {
  return {name, long_name, std::move(data)};
}

std::vector<double> every_sixth(const std::vector<double>& data, std::size_t from) {
  std::vector<double> result;
  for (std::size_t k = from; k < data.size(); k += 6) result.push_back(data[k]);
  return result;
}

void fill_result(Columns& columns, SegmentResult& result) {
  result.values[Quantity::loss] = {1, std::move(columns.loss)};
  result.derived.push_back(column("convexity_gap",
                                  "loss minus its lower convex envelope on the segment",
                                  std::move(columns.gap)));
  result.derived.push_back(column("quasi_convexity_gap",
                                  "loss minus the larger of the least losses before and after",
                                  std::move(columns.quasi_gap)));
  auto& per_segment = result.per_segment;
  per_segment.push_back(column("barrier", "largest height of the loss above the chord of the ends",
                               std::move(columns.barrier)));
  per_segment.push_back(column("barrier_t", "where the barrier is", std::move(columns.barrier_at)));
  per_segment.push_back(column("largest_convexity_gap", "largest convexity gap of the segment",
                               std::move(columns.largest_gap)));
  per_segment.push_back(column("worst_t",
                               "where the convexity gap is largest, or the middle where it is zero",
                               std::move(columns.worst_t)));
  per_segment.push_back(column("largest_quasi_convexity_gap",
                               "largest quasi-convexity gap of the segment",
                               std::move(columns.largest_quasi_gap)));
  per_segment.push_back(column("least_real_gap",
                               "gaps up to this may be rounding alone; infinite where the segment "
                               "cannot be decided",
                               std::move(columns.least_real)));
  const std::vector<double>& d = columns.derivatives;
  per_segment.push_back(column("slope_first", "first derivative in t at t = 0", every_sixth(d, 0)));
  per_segment.push_back(
      column("curvature_first", "second derivative in t at t = 0", every_sixth(d, 1)));
  per_segment.push_back(
      column("slope_worst", "first derivative in t at worst_t", every_sixth(d, 2)));
  per_segment.push_back(
      column("curvature_worst", "second derivative in t at worst_t", every_sixth(d, 3)));
  per_segment.push_back(column("slope_last", "first derivative in t at t = 1", every_sixth(d, 4)));
  per_segment.push_back(
      column("curvature_last", "second derivative in t at t = 1", every_sixth(d, 5)));
}

/// How many losses are computed between two looks at a request to stop, and how many segments
/// between two reports of progress: those of about a quarter of a second, and never fewer than keep
/// every thread busy. What a device has memory for at once is the backend's affair.
class Pace {
 public:
  explicit Pace(std::int64_t most_segments)
      : threads_(omp_get_max_threads()),
        most_segments_(most_segments),
        losses_(256.0 * static_cast<double>(threads_)) {}

  std::int64_t segments(std::int64_t places, std::int64_t left) const {
    const auto wanted = static_cast<std::int64_t>(losses_ / static_cast<double>(places));
    const std::int64_t most =
        std::min(most_segments_, std::max(threads_, static_cast<std::int64_t>(segments_)));
    return std::min({std::max<std::int64_t>(wanted, threads_), most, left});
  }

  std::int64_t places(std::int64_t segments, std::int64_t left) const {
    const auto wanted = static_cast<std::int64_t>(losses_ / static_cast<double>(segments));
    return std::min(std::max<std::int64_t>(wanted, fewest_places), left);
  }

  void took(std::int64_t losses, double seconds) {
    const double wanted = 0.25 * static_cast<double>(losses) / std::max(seconds, 1e-6);
    losses_ = std::clamp(wanted, 0.5 * losses_, 2.0 * losses_);
  }

  /// All that was done for them.
  void took_segments(std::int64_t segments, double seconds) {
    const double wanted = 0.25 * static_cast<double>(segments) / std::max(seconds, 1e-6);
    segments_ = std::clamp(wanted, 0.5 * segments_, 2.0 * segments_);
  }

 private:
  static constexpr std::int64_t fewest_places = 16;  // a segment has to be set up for them
  std::int64_t threads_;
  std::int64_t most_segments_;
  double losses_;
  double segments_ = 256.0;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The losses (segments, t), some places at a time.
std::vector<double> paced_losses(Backend& backend, const Segments& segments,
                                 std::span<const double> t, Pace& pace,
                                 const std::atomic<bool>* stop) {
  const auto places = static_cast<std::int64_t>(t.size());
  std::vector<double> losses(static_cast<std::size_t>(segments.count() * places));
  for (std::int64_t first = 0; first < places;) {
    if (stop != nullptr && stop->load()) throw Interrupted();
    const auto begin = std::chrono::steady_clock::now();
    const std::int64_t size = pace.places(segments.count(), places - first);
    const std::vector<double> part = backend.segment_losses(
        segments, t.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size)));
    for (std::int64_t k = 0; k < segments.count(); ++k) {
      std::copy_n(part.begin() + k * size, size, losses.begin() + k * places + first);
    }
    first += size;
    pace.took(segments.count() * size, seconds_since(begin));
  }
  return losses;
}

/// Takes one segment's finding into the columns and the summary.
void add_segment(const SegmentFinding& finding, std::span<const double> t, const Segments& segments,
                 std::int64_t k, std::int64_t number, Columns& columns, SegmentScan& scan) {
  const LineConvexity& line = finding.line;
  const auto at = [&](std::int64_t i) { return t[static_cast<std::size_t>(i)]; };
  columns.gap.insert(columns.gap.end(), line.gap.begin(), line.gap.end());
  columns.quasi_gap.insert(columns.quasi_gap.end(), line.quasi_gap.begin(), line.quasi_gap.end());
  columns.barrier.push_back(line.barrier);
  columns.barrier_at.push_back(at(line.barrier_at));
  columns.largest_gap.push_back(line.worst.gap);
  const double worst_t =
      line.worst.point >= 0 ? at(line.worst.point) : at(static_cast<std::int64_t>(t.size()) / 2);
  columns.worst_t.push_back(worst_t);
  columns.largest_quasi_gap.push_back(line.worst_quasi_gap);
  columns.least_real.push_back(finding.least_real);

  const auto place = [&](double where, double value) {
    return WorstPlace{number, where, value, finding.least_real};
  };
  raise(scan.barrier, place(at(line.barrier_at), line.barrier));
  if (std::isinf(finding.least_real)) {
    ++scan.undecided;
  } else {
    raise(scan.gap, place(worst_t, line.worst.gap));
    raise(scan.quasi_gap, place(at(line.worst_quasi_at), line.worst_quasi_gap));
    scan.least_real = std::max(scan.least_real, finding.least_real);
  }
  if (line.worst_quasi_gap > finding.least_real) ++scan.quasi_violations;
  const bool real = line.worst.gap > finding.least_real;
  for (const double where : {real ? at(line.worst.proof.front()) : nan, real ? worst_t : nan,
                             real ? at(line.worst.proof.back()) : nan}) {
    scan.result.witness.push_back(where);
  }
  if (!real) return;
  ++scan.violations;
  const auto largest_so_far = [&] {
    return columns.largest_gap[static_cast<std::size_t>(scan.result.worst)];
  };
  if (scan.result.worst < 0 || line.worst.gap > largest_so_far()) {
    scan.result.worst = number;
    const std::span<const double> from = segments.end(k, 0);
    const std::span<const double> to = segments.end(k, 1);
    scan.result.worst_ends.assign(from.begin(), from.end());
    scan.result.worst_ends.insert(scan.result.worst_ends.end(), to.begin(), to.end());
  }
}

}  // namespace

SegmentScan scan_segments(Backend& backend, const Objective& objective, Precision precision,
                          const SegmentSource& source, std::int64_t count,
                          std::span<const double> t, const Progress& progress,
                          const std::atomic<bool>* stop) {
  const auto start = std::chrono::steady_clock::now();
  SegmentScan scan;
  scan.result.segments = count;
  scan.result.t.assign(t.begin(), t.end());
  Columns columns;
  const std::int64_t parameters = objective.parameter_count();
  const bool keep_ends = 2 * parameters * count <= held_numbers;
  // As many segments at once as their ends and losses allow, and few enough to show progress.
  const auto places_of_each = static_cast<std::int64_t>(t.size());
  Pace pace(std::max<std::int64_t>(
      held_numbers / 8 / std::max<std::int64_t>(2 * parameters, places_of_each), 1));
  for (std::int64_t first = 0; first < count;) {
    const auto begin = std::chrono::steady_clock::now();
    const std::int64_t size = pace.segments(places_of_each, count - first);
    const Segments segments = source(size);
    const std::vector<double> losses = paced_losses(backend, segments, t, pace, stop);
    if (first == 0) {
      scan.loss_path = backend.evaluator(segments.slice(0), {Quantity::loss})->loss_path();
    }
    scan.not_finite += std::ranges::count_if(losses, [](double f) { return !std::isfinite(f); });
    std::vector<SegmentFinding> findings(static_cast<std::size_t>(size));
#pragma omp parallel for schedule(dynamic, 1)
    for (std::int64_t k = 0; k < size; ++k) {
      findings[static_cast<std::size_t>(k)] = examine(
          objective, segments, k, t,
          std::span(losses).subspan(static_cast<std::size_t>(k) * t.size(), t.size()), precision);
    }
    std::vector<double> places;
    for (std::int64_t k = 0; k < size; ++k) {
      add_segment(findings[static_cast<std::size_t>(k)], t, segments, k, first + k, columns, scan);
      places.insert(places.end(), {0.0, columns.worst_t.back(), 1.0});
    }
    const std::vector<double> derivatives = backend.segment_derivatives(segments, places);
    columns.derivatives.insert(columns.derivatives.end(), derivatives.begin(), derivatives.end());
    columns.loss.insert(columns.loss.end(), losses.begin(), losses.end());
    if (keep_ends) {
      scan.result.ends.insert(scan.result.ends.end(), segments.ends.begin(), segments.ends.end());
    }
    first += size;
    pace.took_segments(size, seconds_since(begin));
    if (progress) progress(first, count);
  }
  fill_result(columns, scan.result);
  scan.elapsed_seconds = seconds_since(start);
  return scan;
}

ConfidenceLimits confidence_limits(std::int64_t found, std::int64_t trials, double confidence) {
  using Binomial = boost::math::binomial_distribution<double>;
  const auto n = static_cast<double>(trials);
  const auto k = static_cast<double>(found);
  const double alpha = 1.0 - confidence;
  return {found == 0 ? 0.0 : Binomial::find_lower_bound_on_p(n, k, alpha),
          found == trials ? 1.0 : Binomial::find_upper_bound_on_p(n, k, alpha)};
}

}  // namespace convexscan
