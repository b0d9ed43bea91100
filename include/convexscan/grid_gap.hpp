// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>

#include "convexscan/backend.hpp"
#include "convexscan/convexity.hpp"
#include "convexscan/result_file.hpp"

namespace convexscan {

/// How far a scanned surface is from convex, and what rounding may have made of that.
struct GapSummary {
  SurfaceConvexity convexity;
  double least_real = 0.0;
};

/// Adds the convexity gap of the loss to a result as a map, and its witness where it is real.
/// Throws Interrupted soon after stop was set.
GapSummary add_convexity_gap(const Objective& objective, Precision precision, const Points& points,
                             GridResult& result, const std::atomic<bool>* stop = nullptr,
                             const SurfaceProgress& progress = {});

}  // namespace convexscan
