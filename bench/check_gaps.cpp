// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "check.hpp"
#include "convexscan/error.hpp"
#include "cpu/lapack.hpp"

namespace convexscan::bench {

std::string check_envelope(std::int64_t side, std::span<const double> heights,
                           const SurfaceConvexity& found) {
  const auto at = [&](std::span<const double> values, std::int64_t i, std::int64_t j) {
    return values[static_cast<std::size_t>(j * side + i)];
  };
  double scale = 0.0;
  double largest = 0.0;
  for (std::size_t p = 0; p < heights.size(); ++p) {
    if (std::isnan(heights[p])) continue;
    scale = std::max(scale, std::fabs(heights[p]));
    largest = std::max(largest, found.gap[p]);
  }
  // A second difference adds four numbers, each a height less a gap, right to a few roundings.
  const double rounding = 16.0 * scale * std::numeric_limits<double>::epsilon();
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < side; ++j) {
    for (std::int64_t i = 0; i < side; ++i) {
      const auto envelope = [&](std::int64_t x, std::int64_t y) {
        return at(heights, x, y) - at(found.gap, x, y);
      };
      if (std::isnan(at(heights, i, j))) {
        if (std::isnan(at(found.gap, i, j))) continue;
        throw Error(
            fmt::format("wrong convexity gap at ({}, {}), where the surface has a hole", i, j));
      }
      if (!(at(found.gap, i, j) >= 0.0)) {
        throw Error(fmt::format("wrong convexity gap at ({}, {}): {:.17g} is negative", i, j,
                                at(found.gap, i, j)));
      }
      constexpr std::array<std::array<std::int64_t, 2>, 4> steps{{{1, 0}, {0, 1}, {1, 1}, {1, -1}}};
      for (const auto& [x, y] : steps) {
        if (i < x || i + x >= side || j - std::abs(y) < 0 || j + std::abs(y) >= side) continue;
        const double bend = envelope(i + x, j + y) + envelope(i - x, j - y) - 2.0 * envelope(i, j);
        if (std::isnan(bend)) continue;  // beside a hole
        if (!(bend >= -rounding)) {
          throw Error(fmt::format(
              "wrong convexity gap: the envelope bends down by {:.3g} at ({}, {})", -bend, i, j));
        }
        least = std::min(least, bend);
      }
    }
  }
  const double proven = proven_gap(heights, found.worst);
  if (!(std::fabs(proven - largest) <= rounding)) {
    throw Error(fmt::format("wrong witness: it proves a gap of {:.17g}, the largest is {:.17g}",
                            proven, largest));
  }
  return fmt::format("envelope convex to {:.0e}, largest gap proved", std::max(0.0, -least));
}

std::string check_spectra(SpectrumPart part, std::int64_t n, std::span<const double> matrices,
                          std::span<const double> values) {
  const auto size = static_cast<std::size_t>(n * n);
  const std::size_t each = part == SpectrumPart::smallest ? 1 : static_cast<std::size_t>(n);
  const auto rows = static_cast<double>(n);
  double worst = 0.0;
  for (std::size_t k = 0; k < values.size() / each; ++k) {
    const std::span<const double> matrix = matrices.subspan(k * size, size);
    const std::span<const double> spectrum = values.subspan(k * each, each);
    double trace = 0.0;
    double square = 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      trace += matrix[i * static_cast<std::size_t>(n) + i];
    }
    for (const double entry : matrix) square += entry * entry;
    // A backward stable solver is off by a small multiple of n·ε·‖A‖ in each eigenvalue.
    const double tolerance = rows * std::numeric_limits<double>::epsilon() * std::sqrt(square);
    if (part == SpectrumPart::smallest) {
      for (const double shift : {-tolerance, tolerance}) {
        std::vector<double> shifted(matrix.begin(), matrix.end());
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
          shifted[i * static_cast<std::size_t>(n) + i] -= spectrum[0] + shift;
        }
        const bool positive = cpu::cholesky(shifted.data(), n) == 0;
        if (positive != (shift < 0.0)) {
          throw Error(fmt::format("wrong smallest eigenvalue of matrix {}: {:.17g} is too {}", k,
                                  spectrum[0], positive ? "small" : "large"));
        }
      }
      worst = std::max(worst, tolerance / std::sqrt(square));
      continue;
    }
    double sum = 0.0;
    double squares = 0.0;
    for (const double value : spectrum) {
      sum += value;
      squares += value * value;
    }
    const double norm = std::sqrt(square);
    const double off = std::max(std::fabs(sum - trace) / rows,
                                std::fabs(squares - square) / (2.0 * norm * std::sqrt(rows)));
    if (!(off <= tolerance)) {
      throw Error(
          fmt::format("wrong eigenvalues of matrix {}: sum {:.17g} for a trace of {:.17g}, "
                      "squares {:.17g} for {:.17g}",
                      k, sum, trace, squares, square));
    }
    worst = std::max(worst, off / norm);
  }
  return fmt::format(
      "{} to {:.0e} of the norm",
      part == SpectrumPart::smallest ? "factorisations on both sides" : "trace and norm", worst);
}

}  // namespace convexscan::bench
