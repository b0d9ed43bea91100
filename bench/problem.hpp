// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/segments.hpp"
#include "workload.hpp"

namespace convexscan::bench {

/// A workload with its numbers, the same on every machine: normal inputs and targets or random
/// labels, Xavier weights (trained a little where the workload says so) with biases of deviation
/// 0.1, and random directions as long as the weights.
struct Problem {
  Objective objective;
  Slice slice;    ///< of a grid
  Points points;  ///< of a grid; [−1, 1] on each axis
  QuantitySet quantities;
  Precision precision = Precision::float64;
  EvaluationOptions options;
  std::vector<double> places;  ///< of segments: t, from 0 to 1
  Region region;               ///< where segments are drawn, around slice.origin

  /// The workload's segments, from the start again.
  SegmentSource segments() const;
};

/// For Kind::grid and Kind::segments. Throws Error for a workload that makes no sense.
Problem make_problem(const Workload& workload);

/// Symmetric matrices (count, n, n) of normal numbers for Kind::spectra.
std::vector<double> symmetric_matrices(std::int64_t n, std::int64_t count);

/// Writes what another program needs to run the same workload, as float64 arrays of problem.npz:
/// x, y, theta, directions (2, P) and coordinates (points, 2); or ends (segments, 2, P) and t; or
/// surface (side, side).
void write_problem(const std::filesystem::path& folder, const Workload& workload);

}  // namespace convexscan::bench
