// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/batched_lanczos.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/host_index.hpp"
#include "shared/isolation_rules.hpp"
#include "shared/lanczos_rules.hpp"
#include "shared/special_values.hpp"

namespace convexscan::cuda {

BatchedLanczos::BatchedLanczos(std::int64_t size, std::int64_t group,
                               const cpu::LanczosLimits& limits, cudaStream_t stream)
    : size_(size),
      limits_(limits),
      steps_(std::min(limits.steps, size)),
      stream_(stream),
      basis_(group * steps_ * size),
      rest_(group * size),
      alpha_(group * steps_),
      beta_(group * steps_),
      coefficients_(group * steps_),
      start_(size),
      last_(2 * group),
      goes_on_(group),
      counts_(group),
      scratch_(group * 4 * steps_),
      ritz_(group * 2 * steps_),
      ends_(2 * group) {
  krylov_ = {basis_.data(),        rest_.data(), alpha_.data(), beta_.data(),
             coefficients_.data(), size,         steps_};
}

std::int64_t BatchedLanczos::bytes_per_point(std::int64_t size, std::int64_t steps) {
  const std::int64_t most = std::min(steps, size);
  return ((most + 1) * size + 9 * most + 8) * static_cast<std::int64_t>(sizeof(double));
}

std::vector<cpu::RitzPairs> BatchedLanczos::run(const Operators& product,
                                                std::span<const double> start, std::int64_t points,
                                                std::span<const double> below) {
  points_ = points;
  std::vector<cpu::RitzPairs> pairs(index(points));
  for (cpu::RitzPairs& pair : pairs) pair.smallest = pair.largest = nan;
  double length = 0.0;
  for (const double x : start) length = std::hypot(length, x);
  if (!(length > 0.0) || !std::isfinite(length)) return pairs;
  std::vector<double> unit(start.begin(), start.end());
  for (double& x : unit) x /= length;
  start_.upload(unit, stream_);
  kernels::begin_krylov(krylov_, start_.data(), points, stream_);

  std::vector<Progress> progress(index(points));
  std::vector<double> last(index(2 * points));
  for (std::int64_t k = 0; k < steps_; ++k) {
    product(basis_.data() + k * size_, steps_ * size_, rest_.data());
    kernels::orthogonalise(krylov_, k, points, stream_);
    kernels::last_step(krylov_, k, points, last_.data(), stream_);
    last_.download(last, stream_);
    bool any = false;
    bool any_exhausted = false;
    for (std::int64_t p = 0; p < points; ++p) {
      Progress& own = progress[index(p)];
      if (!own.goes_on) continue;
      const double alpha = last[index(p)];
      own.largest_alpha = std::max(own.largest_alpha, std::fabs(alpha));
      own.exhausted = shared::is_exhausted(last[index(points + p)], own.largest_alpha, k, size_);
      own.goes_on = std::isfinite(alpha);
      any |= own.goes_on;
      any_exhausted |= own.goes_on && own.exhausted;
    }
    if (!any) break;
    const bool may_converge = shared::looks_at_ritz_values(k);
    // Only a look tells, and early steps may find one.
    const bool may_be_below = may_converge || (k < 8 && (limits_.below || !below.empty()));
    if (any_exhausted || k + 1 == steps_ || may_be_below) {
      look(k, progress, pairs);
      any = false;
      for (std::int64_t p = 0; p < points; ++p) {
        Progress& own = progress[index(p)];
        const cpu::RitzPairs& pair = pairs[index(p)];
        const bool found =
            pair.smallest < (below.empty() ? limits_.below.value_or(-infinity) : below[index(p)]);
        const bool converged = shared::has_converged(
            pair.smallest, pair.smallest_residual, pair.largest,
            limits_.both_ends ? pair.largest_residual : 0.0, limits_.tolerance);
        const bool isolated = shared::is_isolated(pair.smallest, pair.smallest_residual,
                                                  pair.second, limits_.isolation);
        // Another's exhaustion is no reason to stop here.
        const bool stops = (may_converge && (converged || isolated)) || (may_be_below && found);
        own.goes_on = own.goes_on && !own.exhausted && !stops;
        any |= own.goes_on;
      }
    }
    if (!any || k + 1 == steps_) break;
    upload_goes_on(progress);
    kernels::extend_krylov(krylov_, k, goes_on_.data(), points, stream_);
  }
  return pairs;
}

void BatchedLanczos::upload_goes_on(std::span<const Progress> progress) {
  std::vector<int> goes_on;
  for (const Progress& own : progress) goes_on.push_back(own.goes_on ? 1 : 0);
  goes_on_.upload(goes_on, stream_);
}

void BatchedLanczos::look(std::int64_t k, std::span<const Progress> progress,
                          std::vector<cpu::RitzPairs>& pairs) {
  const auto points = static_cast<std::int64_t>(pairs.size());
  upload_goes_on(progress);
  kernels::ritz_ends(krylov_, k + 1, goes_on_.data(), points, scratch_.data(), ends_.data(),
                     ritz_.data(), stream_);
  std::vector<kernels::RitzEnd> ends(index(2 * points));
  ends_.download(ends, stream_);
  std::vector<int> counts;
  for (std::int64_t p = 0; p < points; ++p) {
    cpu::RitzPairs& pair = pairs[index(p)];
    if (progress[index(p)].goes_on) {
      pair.steps = k + 1;
      pair.smallest = ends[index(2 * p)].value;
      pair.smallest_residual = ends[index(2 * p)].residual;
      pair.second = ends[index(2 * p)].next;
      pair.largest = ends[index(2 * p + 1)].value;
      pair.largest_residual = ends[index(2 * p + 1)].residual;
    }
    counts.push_back(static_cast<int>(pair.steps));
  }
  counts_.upload(counts, stream_);
}

const DeviceBuffer<double>& BatchedLanczos::vectors(int end) {
  // The rests are of no use any more.
  kernels::ritz_vectors(krylov_, ritz_.data(), end, counts_.data(), points_, rest_.data(), stream_);
  return rest_;
}

}  // namespace convexscan::cuda
