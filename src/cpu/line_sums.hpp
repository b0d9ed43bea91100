// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "cpu/network_slice.hpp"
#include "cpu/tile.hpp"

namespace convexscan::cpu {

/// Losses, and if asked for right answers, summed over the samples at the places t of a line (t),
/// by this thread alone; the workspace fits the line. spacing: of the places, for NearbyTanh.
template <class Real>
std::vector<TileSums> line_sums(const NetworkSlice<Real>& line, std::span<const double> t,
                                double spacing, bool accuracy, TileWorkspace<Real>& workspace);

}  // namespace convexscan::cpu
