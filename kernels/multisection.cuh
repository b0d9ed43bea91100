// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "kernels/primitives.cuh"
#include "shared/rounding.hpp"
#include "shared/tridiagonal.hpp"

namespace convexscan::kernels {

/// Eigenvalue number `number` from 0 of a tridiagonal matrix (n, n), to the last bit of the larger
/// end of Gershgorin's interval. All lanes of a warp take part: each counts at a place of its own,
/// so that an interval shrinks to a 33rd at once.
__device__ inline double multisect(const double* d, const double* e, std::int64_t n,
                                   std::int64_t number) {
  const int lane = thread_index() % warp_size;
  const shared::Interval all = shared::gershgorin(d, e, n);
  double low = all.low;
  double high = all.high;
  const double larger = fabs(low) < fabs(high) ? fabs(high) : fabs(low);
  const double resolution = shared::unit_roundoff * larger;
  while (high - low > resolution) {
    const double step = (high - low) / (warp_size + 1);
    const double x = low + (lane + 1) * step;
    const bool below = shared::count_below(d, e, n, x) <= number;  // the eigenvalue is not less
    const double places = warp_sum(below ? 1.0 : 0.0);
    const double next_low = places > 0.0 ? low + places * step : low;
    const double next_high = places < warp_size ? low + (places + 1.0) * step : high;
    if (!(next_high - next_low < high - low)) break;
    low = next_low;
    high = next_high;
  }
  return low + 0.5 * (high - low);
}

}  // namespace convexscan::kernels
