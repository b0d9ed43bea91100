// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/tridiagonal.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/lapack.hpp"
#include "cpu/rounding.hpp"
#include "cpu/targets.hpp"
#include "cpu/vector_product.hpp"

namespace convexscan::cpu {
namespace {

using Lanes = Vector<double>;
using Counts = Vector<std::int64_t>;
constexpr std::int64_t lanes = 8;

/// Pivots are kept away from zero (Kahan); an eigenvalue that is x is not below it.
constexpr double tiny = 1e-290;

/// How many eigenvalues are below each of eight places, from the squares of the off-diagonal.
CONVEXSCAN_VECTOR_TARGETS void counts_below(const double* diagonal, const double* squares,
                                            std::int64_t n, const double* places,
                                            std::int64_t* counts) {
  const Lanes x = *reinterpret_cast<const Lanes*>(places);
  Lanes q = (diagonal[0] - x);
  Counts count{};
  for (std::int64_t i = 0;;) {
    q = (q < tiny && q > -tiny) ? Lanes{} + tiny : q;
    count -= q < 0.0;
    if (++i == n) break;
    q = (diagonal[i] - x) - squares[i - 1] / q;
  }
  *reinterpret_cast<Counts*>(counts) = count;
}

}  // namespace

std::int64_t Tridiagonal::count_below(double x) const {
  // q_i = (d_i − x) − e²_{i−1}/q_{i−1}
  std::int64_t count = 0;
  double q = 1.0;
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    const double e = i == 0 ? 0.0 : off_diagonal[i - 1];
    q = (diagonal[i] - x) - e * e / q;
    if (std::fabs(q) < tiny) q = tiny;
    if (q < 0.0) ++count;
  }
  return count;
}

std::pair<double, double> Tridiagonal::range() const {
  double low = diagonal[0];
  double high = diagonal[0];
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    const double reach = (i > 0 ? std::fabs(off_diagonal[i - 1]) : 0.0) +
                         (i + 1 < diagonal.size() ? std::fabs(off_diagonal[i]) : 0.0);
    low = std::min(low, diagonal[i] - reach);
    high = std::max(high, diagonal[i] + reach);
  }
  return {low, high};
}

double Tridiagonal::eigenvalue(std::int64_t k, double resolution) const {
  auto [low, high] = range();
  resolution =
      std::max(resolution, unit_roundoff * std::max(std::fabs(low), std::fabs(high)));
  std::vector<double> squares(off_diagonal.size());
  std::ranges::transform(off_diagonal, squares.begin(), [](double e) { return e * e; });
  while (high - low > resolution) {
    double places[lanes];
    std::int64_t counts[lanes];
    const double step = (high - low) / static_cast<double>(lanes + 1);
    for (std::int64_t i = 0; i < lanes; ++i) places[i] = low + step * static_cast<double>(i + 1);
    counts_below(diagonal.data(), squares.data(), size(), places, counts);
    const auto above = std::find_if(counts, counts + lanes, [&](auto c) { return c > k; }) - counts;
    const double before = high - low;
    if (above < lanes) high = places[above];
    if (above > 0) low = places[above - 1];
    if (!(high - low < before)) break;
  }
  return low + 0.5 * (high - low);
}

std::vector<double> Tridiagonal::eigenvector(double eigenvalue) const {
  std::vector<double> vector(diagonal.size());
  if (!tridiagonal_eigenvector(diagonal, off_diagonal, eigenvalue, vector)) vector.clear();
  return vector;
}

}  // namespace convexscan::cpu
