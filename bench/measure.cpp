// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace convexscan::bench {
namespace {

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

}  // namespace

double Times::median() const { return median_of(seconds); }
double Times::low() const { return *std::ranges::min_element(seconds); }
double Times::high() const { return *std::ranges::max_element(seconds); }

double Times::noise() const {
  const double middle = median();
  std::vector<double> distances;
  for (const double value : seconds) distances.push_back(std::fabs(value - middle));
  return median_of(distances) / middle;
}

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Measured measure(const std::function<void()>& run, const std::function<void()>& flush,
                 const Effort& effort) {
  Measured measured;
  double spent = 0.0;
  do {
    if (flush) {
      spent += seconds_of(flush);
      measured.cold.seconds.push_back(seconds_of(run));
      spent += measured.cold.seconds.back();
    }
    measured.hot.seconds.push_back(seconds_of(run));
    spent += measured.hot.seconds.back();
    const auto runs = static_cast<int>(measured.hot.seconds.size());
    if (runs >= effort.least && measured.hot.noise() <= effort.noise) break;
  } while (spent < effort.budget);
  return measured;
}

}  // namespace convexscan::bench
