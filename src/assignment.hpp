// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace convexscan {

/// The linear assignment problem: chosen with the largest Σ_i score[i, chosen[i]] among the
/// permutations of 0 … n − 1, for scores (n, n), row-major. Scores count to 2⁻⁴⁰ of their range.
std::vector<std::int64_t> best_assignment(std::span<const double> score, std::int64_t n);

}  // namespace convexscan
