// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "convexscan/backend.hpp"

namespace convexscan {

/// Thrown when stop was asked for before the last tile.
struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

struct ScanResult {
  ValueTable values;             ///< at every point, in the order of the points
  std::int64_t not_finite = 0;   ///< points whose loss is NaN or infinite
  double elapsed_seconds = 0.0;  ///< evaluation alone
  EigensolverChoice eigensolver;
  std::string loss_path;  ///< see Evaluator::loss_path
};

/// Told after each tile how many points are done.
using Progress = std::function<void(std::int64_t done, std::int64_t points)>;

/// Walks the points tile by tile. When memory runs out the tile is halved; a tile of one point that
/// does not fit throws Error. stop, if given, is looked at between tiles.
ScanResult scan(Backend& backend, const Slice& slice, const Points& points,
                const QuantitySet& quantities, const Progress& progress = {},
                const std::atomic<bool>* stop = nullptr, const EvaluationOptions& options = {});

}  // namespace convexscan
