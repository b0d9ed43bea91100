// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <vector>

#include "convexscan/objective.hpp"
#include "cpu/network_slice.hpp"

namespace convexscan::cpu {

/// Losses (segments, t) of many segments, each by one thread. What a segment needs beyond its
/// points are two products of the data with first-layer weights.
template <class Real>
std::vector<double> network_segment_losses(const Objective& objective,
                                           const NetworkData<Real>& data, const Segments& segments,
                                           std::span<const double> t);

/// Slope and curvature (segments, places, 2) at t (segments, places).
template <class Real>
std::vector<double> network_segment_derivatives(const Objective& objective,
                                                const NetworkData<Real>& data,
                                                const Segments& segments,
                                                std::span<const double> t);

}  // namespace convexscan::cpu
