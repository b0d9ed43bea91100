// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "assignment.hpp"

#include <dlib/optimization/max_cost_assignment.h>

#include <algorithm>
#include <cmath>

namespace convexscan {

std::vector<std::int64_t> best_assignment(std::span<const double> score, std::int64_t n) {
  if (n < 2) return std::vector<std::int64_t>(static_cast<std::size_t>(n), 0);
  // dlib takes whole numbers, with which its search cannot be misled by rounding.
  const auto [low, high] = std::ranges::minmax(score);
  const double unit = high > low ? std::ldexp(1.0, 40) / (high - low) : 0.0;
  dlib::matrix<std::int64_t> gain(n, n);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      gain(i, j) = std::llround((score[static_cast<std::size_t>(i * n + j)] - low) * unit);
    }
  }
  const std::vector<long> chosen = dlib::max_cost_assignment(gain);
  return {chosen.begin(), chosen.end()};
}

}  // namespace convexscan
