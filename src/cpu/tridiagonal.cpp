// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/tridiagonal.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/lapack.hpp"
#include "cpu/targets.hpp"
#include "shared/rounding.hpp"
#include "shared/tridiagonal.hpp"

namespace convexscan::cpu {
namespace {

constexpr int places_at_once = 8;

template <int bytes>
using Reals [[gnu::vector_size(bytes), gnu::aligned(sizeof(double)), gnu::may_alias]] = double;
template <int bytes>
using Counts [[gnu::vector_size(bytes), gnu::aligned(sizeof(double)), gnu::may_alias]] =
    std::int64_t;

/// How many eigenvalues are below each of eight places, in the lanes of one vector, or of several.
template <int bytes>
[[gnu::always_inline]] inline void count(const double* diagonal, const double* beside,
                                         std::int64_t n, const double* places,
                                         std::int64_t* counts) {
  constexpr int lanes = bytes / 8;
  constexpr int vectors = places_at_once / lanes;
  Reals<bytes> x[vectors];
  Reals<bytes> q[vectors];
  Counts<bytes> below[vectors];
  for (int v = 0; v < vectors; ++v) {
    x[v] = *reinterpret_cast<const Reals<bytes>*>(places + v * lanes);
    q[v] = Reals<bytes>{} + 1.0;
    below[v] = Counts<bytes>{};
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const double square = i == 0 ? 0.0 : beside[i - 1] * beside[i - 1];
    for (int v = 0; v < vectors; ++v) {
      q[v] = shared::sturm<Reals<bytes>>(diagonal[i] - x[v], square, q[v]);
      below[v] -= q[v] < 0.0;
    }
  }
  for (int v = 0; v < vectors; ++v) {
    *reinterpret_cast<Counts<bytes>*>(counts + v * lanes) = below[v];
  }
}

using CountBelow = void (*)(const double* diagonal, const double* beside, std::int64_t n,
                            const double* places, std::int64_t* counts);

CONVEXSCAN_VECTORS_OF_64 void count_64(const double* diagonal, const double* beside, std::int64_t n,
                                       const double* places, std::int64_t* counts) {
  count<64>(diagonal, beside, n, places, counts);
}

CONVEXSCAN_VECTORS_OF_32 void count_32(const double* diagonal, const double* beside, std::int64_t n,
                                       const double* places, std::int64_t* counts) {
  count<32>(diagonal, beside, n, places, counts);
}

CONVEXSCAN_VECTORS_OF_16 void count_16(const double* diagonal, const double* beside, std::int64_t n,
                                       const double* places, std::int64_t* counts) {
  count<16>(diagonal, beside, n, places, counts);
}

const CountBelow counts_below = vector_bytes() == 64   ? count_64
                                : vector_bytes() == 32 ? count_32
                                                       : count_16;

}  // namespace

std::int64_t Tridiagonal::count_below(double x) const {
  return shared::count_below(diagonal.data(), off_diagonal.data(), size(), x);
}

std::pair<double, double> Tridiagonal::range() const {
  const auto [low, high] = shared::gershgorin(diagonal.data(), off_diagonal.data(), size());
  return {low, high};
}

double Tridiagonal::eigenvalue(std::int64_t k, double resolution) const {
  auto [low, high] = range();
  resolution =
      std::max(resolution, shared::unit_roundoff * std::max(std::fabs(low), std::fabs(high)));
  while (high - low > resolution) {
    double places[places_at_once];
    std::int64_t counts[places_at_once];
    const double step = (high - low) / (places_at_once + 1);
    for (int i = 0; i < places_at_once; ++i) places[i] = low + step * (i + 1);
    counts_below(diagonal.data(), off_diagonal.data(), size(), places, counts);
    const auto above =
        std::find_if(counts, counts + places_at_once, [&](auto c) { return c > k; }) - counts;
    const double before = high - low;
    if (above < places_at_once) high = places[above];
    if (above > 0) low = places[above - 1];
    if (!(high - low < before)) break;
  }
  return low + 0.5 * (high - low);
}

void Tridiagonal::eigenvector(double eigenvalue, std::vector<double>& vector) const {
  const std::int64_t n = size();
  vector.resize(3 * diagonal.size());
  const double residual = shared::twisted_eigenvector(diagonal.data(), off_diagonal.data(), n,
                                                      eigenvalue, vector.data() + n, vector.data());
  vector.resize(diagonal.size());
  const auto [low, high] = range();
  const double accepted = 4.0 * std::sqrt(static_cast<double>(n)) * shared::unit_roundoff *
                          std::max(std::fabs(low), std::fabs(high));
  if (residual <= accepted &&
      std::ranges::all_of(vector, [](double s) { return std::isfinite(s); }))
    return;
  if (!tridiagonal_eigenvector(diagonal, off_diagonal, eigenvalue, vector)) vector.clear();
}

}  // namespace convexscan::cpu
