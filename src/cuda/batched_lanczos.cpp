// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/batched_lanczos.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "cuda/host_index.hpp"
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
      places_(group),
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

std::vector<cpu::RitzPairs> BatchedLanczos::run(const Operators& operators,
                                                std::span<const double> start, std::int64_t points,
                                                std::span<const double> below) {
  points_ = active_ = points;
  order_.resize(index(points));
  std::iota(order_.begin(), order_.end(), 0);
  std::vector<cpu::RitzPairs> pairs(index(points));
  for (cpu::RitzPairs& pair : pairs) pair.smallest = pair.largest = nan;
  double length = 0.0;
  for (const double x : start) length = std::hypot(length, x);
  if (!(length > 0.0) || !std::isfinite(length)) {
    upload_places(pairs);
    return pairs;
  }
  std::vector<double> unit(start.begin(), start.end());
  for (double& x : unit) x /= length;
  start_.upload(unit, stream_);
  kernels::begin_krylov(krylov_, start_.data(), points, stream_);

  std::vector<Progress> progress(index(points));
  for (std::int64_t k = 0; k < steps_; ++k) {
    operators.product(basis_.data() + k * size_, steps_ * size_, rest_.data());
    kernels::orthogonalise(krylov_, k, active_, stream_);
    kernels::last_step(krylov_, k, active_, last_.data(), stream_);
    std::vector<double> last(index(2 * active_));
    last_.download(last, stream_);
    bool any_exhausted = false;
    for (std::int64_t place = 0; place < active_; ++place) {
      Progress& own = progress[index(order_[index(place)])];
      if (!own.goes_on) continue;
      const double alpha = last[index(place)];
      own.largest_alpha = std::max(own.largest_alpha, std::fabs(alpha));
      own.exhausted =
          shared::is_exhausted(last[index(active_ + place)], own.largest_alpha, k, size_);
      own.goes_on = std::isfinite(alpha);
      any_exhausted |= own.goes_on && own.exhausted;
    }
    const auto go_on = [&] {
      return std::ranges::count_if(progress, [](const Progress& own) { return own.goes_on; });
    };
    if (go_on() == 0) break;
    if (any_exhausted || k + 1 == steps_ || shared::looks_at_ritz_values(k)) {
      look(k, progress, pairs);
      for (std::int64_t p = 0; p < points; ++p) {
        Progress& own = progress[index(p)];
        const cpu::RitzPairs& pair = pairs[index(p)];
        const bool found =
            pair.smallest < (below.empty() ? limits_.below.value_or(-infinity) : below[index(p)]);
        const bool converged = shared::has_converged(
            k, pair.smallest, pair.smallest_residual, pair.largest,
            limits_.both_ends ? pair.largest_residual : 0.0, limits_.tolerance);
        const bool isolated =
            limits_.isolation > 0.0 && k % 4 == 3 &&
            pair.smallest_residual < limits_.isolation * (pair.second - pair.smallest);
        // Another's exhaustion is no reason to stop here.
        const bool stops = shared::looks_at_ritz_values(k) && (found || converged || isolated);
        own.goes_on = own.goes_on && !own.exhausted && !stops;
      }
    }
    const std::int64_t left = go_on();
    if (left == 0 || k + 1 == steps_) break;
    upload_goes_on(progress);
    kernels::extend_krylov(krylov_, k, goes_on_.data(), active_, stream_);
    if (!operators.keep || 2 * left > active_) continue;
    keep_only_those_that_go_on(k + 2, progress);
    operators.keep(std::span(order_).first(index(active_)));
  }
  upload_places(pairs);
  return pairs;
}

void BatchedLanczos::upload_places(std::span<const cpu::RitzPairs> pairs) {
  std::vector<int> counts;
  for (const std::int64_t p : order_) counts.push_back(static_cast<int>(pairs[index(p)].steps));
  counts_.upload(counts, stream_);
  const std::vector<int> places(order_.begin(), order_.end());
  places_.upload(places, stream_);
}

void BatchedLanczos::upload_goes_on(std::span<const Progress> progress) {
  std::vector<int> goes_on;
  for (std::int64_t place = 0; place < active_; ++place) {
    goes_on.push_back(progress[index(order_[index(place)])].goes_on ? 1 : 0);
  }
  goes_on_.upload(goes_on, stream_);
}

void BatchedLanczos::keep_only_those_that_go_on(std::int64_t rows,
                                                std::span<const Progress> progress) {
  const auto goes_on = [&](std::int64_t place) {
    return progress[index(order_[index(place)])].goes_on;
  };
  std::vector<int> exchanged;
  std::int64_t last = active_;
  std::int64_t first = 0;
  while (true) {
    while (first < last && goes_on(first)) ++first;
    while (first < last && !goes_on(last - 1)) --last;
    if (first == last) break;
    std::swap(order_[index(first)], order_[index(last - 1)]);
    exchanged.insert(exchanged.end(), {static_cast<int>(first), static_cast<int>(last - 1)});
  }
  active_ = last;
  if (exchanged.empty()) return;
  places_.upload(exchanged, stream_);
  kernels::exchange_krylov(krylov_, rows, places_.data(), std::ssize(exchanged) / 2, ritz_.data(),
                           stream_);
}

void BatchedLanczos::look(std::int64_t k, std::span<const Progress> progress,
                          std::vector<cpu::RitzPairs>& pairs) {
  upload_goes_on(progress);
  kernels::ritz_ends(krylov_, k + 1, goes_on_.data(), active_, scratch_.data(), ends_.data(),
                     ritz_.data(), stream_);
  std::vector<kernels::RitzEnd> ends(index(2 * active_));
  ends_.download(ends, stream_);
  for (std::int64_t place = 0; place < active_; ++place) {
    const std::int64_t p = order_[index(place)];
    if (!progress[index(p)].goes_on) continue;
    cpu::RitzPairs& pair = pairs[index(p)];
    pair.steps = k + 1;
    pair.smallest = ends[index(2 * place)].value;
    pair.smallest_residual = ends[index(2 * place)].residual;
    pair.second = ends[index(2 * place)].next;
    pair.largest = ends[index(2 * place + 1)].value;
    pair.largest_residual = ends[index(2 * place + 1)].residual;
  }
}

const DeviceBuffer<double>& BatchedLanczos::vectors(int end) {
  // The rests are of no use any more.
  kernels::ritz_vectors(krylov_, ritz_.data(), end, counts_.data(), places_.data(), points_,
                        rest_.data(), stream_);
  return rest_;
}

}  // namespace convexscan::cuda
