// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace convexscan {

/// Values on equally spaced points of a plane, row by row: (rows, columns).
struct Surface {
  std::int64_t columns = 0;
  std::int64_t rows = 0;
  std::span<const double> values;
};

/// A point that lies above a convex combination of others, which proves that no convex function has
/// these values: point = Σ weightₖ·proofₖ as places, and gap = value[point] − Σ
/// weightₖ·value[proofₖ].
struct GapWitness {
  std::int64_t point = -1;          ///< index into the values; −1 where there is no gap
  std::vector<std::int64_t> proof;  ///< up to three
  std::vector<double> weight;       ///< positive, with sum 1
  double gap = 0.0;                 ///< evaluated from these values and weights alone
};

/// Σ weightₖ·(value[point] − value[proofₖ]).
double proven_gap(std::span<const double> values, const GapWitness& witness);

/// Told how many points of how many are in the hull.
using SurfaceProgress = std::function<void(std::int64_t done, std::int64_t whole)>;

struct SurfaceConvexity {
  std::vector<double> gap;  ///< f minus its lower convex envelope; NaN where f is not finite
  GapWitness worst;         ///< the largest gap
  std::int64_t steps = 0;   ///< what the work was proportional to: facets made and points moved
};

/// The distance of a surface from its lower convex envelope over the grid: exactly 0 where they
/// touch, and elsewhere right to a few roundings of the gap itself. Places are whole numbers and
/// every comparison is exact, so flat, degenerate and huge-range surfaces need no tolerance. Values
/// that are not finite are left out. Points enter the hull in a random order (the same every time),
/// in which the expected work is O(n log n) on every surface, some ten steps a point; 150 bytes a
/// point. progress, if given, is told now and then and ends the work by throwing.
/// Throws Error for more than 2²⁶ points.
SurfaceConvexity surface_convexity(const Surface& surface, const SurfaceProgress& progress = {});

/// How far equally spaced values on a line, the ends included, are from convexity.
struct LineConvexity {
  std::vector<double> gap;        ///< f minus its lower convex envelope
  std::vector<double> quasi_gap;  ///< f(t) − max(min_{s≤t} f, min_{s≥t} f)
  /// max_t f(t) − ((1 − t)·f(0) + t·f(1)); NaN if an end is, or all between them.
  double barrier = 0.0;
  std::int64_t barrier_at = 0;
  GapWitness worst;  ///< of gap: one point on each side
  double worst_quasi_gap = 0.0;
  std::int64_t worst_quasi_at = 0;
};

/// Values that are not finite are left out; their gaps are NaN.
LineConvexity line_convexity(std::span<const double> values);

}  // namespace convexscan
