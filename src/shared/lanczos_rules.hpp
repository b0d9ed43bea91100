// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

/// When Lanczos looks at its Ritz values and when these are good enough: the same for one matrix
/// and for many, with two exceptions. A value below a threshold is seen in every step of one
/// matrix, and of many when they are looked at. Whether the smallest is
/// isolated is judged, of one matrix, by a second that is known to 1e-4 of the spread only:
/// cheaper, and perhaps a look later.
namespace convexscan::shared {

/// Whether w, orthogonal to the k + 1 basis vectors in n dimensions and of length rest, is nothing
/// but rounding beside the largest |α|.
inline bool is_exhausted(double rest, double largest_alpha, std::int64_t k, std::int64_t n) {
  return rest <= 1e-14 * (largest_alpha + rest) || k + 1 == n;
}

/// Steps k in which Ritz pairs are asked whether they have converged or stand out: not in every
/// one, since a small eigenvalue problem costs as much as many vector operations.
inline bool looks_at_ritz_values(std::int64_t k) { return k % 4 == 3; }

/// Whether both ends are known to the tolerance, relative to the spread of the Ritz values.
inline bool has_converged(double smallest, double smallest_residual, double largest,
                          double largest_residual, double tolerance) {
  const double accepted = tolerance * (largest - smallest);
  return smallest_residual <= accepted && largest_residual <= accepted;
}

/// Steps that a scan takes at most, bounded by the doubles of one point's basis too.
inline std::int64_t most_steps(std::int64_t size, std::int64_t asked) {
  constexpr std::int64_t basis_doubles = std::int64_t{1} << 25;
  const std::int64_t fitting = std::max<std::int64_t>(basis_doubles / size, 8);
  return std::min({size, fitting, std::max<std::int64_t>(asked, 1)});
}

}  // namespace convexscan::shared
