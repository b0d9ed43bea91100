// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "curvature_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace convexscan {
namespace {

double squared_length(std::span<const double> v) {
  return std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
}

}  // namespace

std::vector<CurvatureGradient> curvature_gradients(
    Backend& backend, std::span<const std::vector<double>> thetas,
    std::span<const std::span<const double>> directions, double h) {
  constexpr double weights[] = {-1.0, 16.0, -30.0, 16.0, -1.0};
  constexpr double sums = 8.0;  // ∇f is a sum itself, whose rounding is more than its last bit's
  const std::size_t size = thetas.front().size();
  std::vector<double> places;
  for (std::size_t p = 0; p < thetas.size(); ++p) {
    const std::span<const double> v = directions[p];
    if (v.empty()) continue;
    const double length = std::sqrt(squared_length(v));
    for (int k = -2; k <= 2; ++k) {
      for (std::size_t i = 0; i < size; ++i) {
        places.push_back(thetas[p][i] + k * h / length * v[i]);
      }
    }
  }
  std::vector<double> gradients(places.size());
  std::vector<double> losses(places.size() / size);
  if (!losses.empty()) backend.gradients(places, losses, gradients);
  std::vector<CurvatureGradient> found;
  std::size_t row = 0;
  for (const std::span<const double> v : directions) {
    CurvatureGradient& own = found.emplace_back();
    own.gradient.assign(size, 0.0);
    if (v.empty()) continue;
    const double scale = squared_length(v) / (12.0 * h * h);
    for (const double weight : weights) {
      const std::span<const double> g = std::span(gradients).subspan(row++ * size, size);
      for (std::size_t i = 0; i < size; ++i) own.gradient[i] += weight * scale * g[i];
      own.rounding += sums * std::numeric_limits<double>::epsilon() * std::fabs(weight) * scale *
                      std::sqrt(squared_length(g));
    }
    // Of a constant curvature only rounding is left, which leads nowhere.
    if (std::sqrt(squared_length(own.gradient)) <= own.rounding) {
      std::ranges::fill(own.gradient, 0.0);
    }
  }
  return found;
}

}  // namespace convexscan
