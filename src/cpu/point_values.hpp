// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/backend.hpp"

namespace convexscan::cpu {

/// Backend::point_values with the points shared by the threads where there are enough of them.
ValueTable parallel_point_values(Backend& backend, std::span<const double> thetas,
                                 std::int64_t points, const QuantitySet& quantities,
                                 const EvaluationOptions& options);

}  // namespace convexscan::cpu
