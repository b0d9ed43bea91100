// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/matrix_free_verdicts.hpp"

#include <array>
#include <cmath>

#include "cpu/matrix_free_curvature.hpp"

namespace convexscan::cpu {

MatrixFreeVerdicts::MatrixFreeVerdicts(const Objective& objective, const NetworkData<double>& data,
                                       const SliceMagnitudes& magnitudes, const Slice& slice,
                                       std::int64_t most_steps, MatrixFreeWorkspace& work)
    : objective_(objective),
      most_steps_(most_steps),
      start_(first_start(static_cast<std::int64_t>(objective.subset.size()))) {
  const std::array<double, 2> origin{0.0, 0.0};
  const RitzPairs ritz =
      work.ritz_pairs(origin.data(), start_, origin_limits(objective, most_steps));
  products_ = ritz.steps;
  start_from(ritz.smallest_vector, ritz.largest_vector, start_);
  known_.emplace(objective, data, magnitudes, slice, ritz.smallest_vector);
}

MatrixFreeVerdicts::Settled MatrixFreeVerdicts::at(const double* coordinates,
                                                   MatrixFreeWorkspace& work) const {
  if (const auto stage = known_->curve_down(coordinates, work.prober())) {
    return {Verdict::not_convex, *stage};
  }
  Settled settled;
  std::optional<double> below = promising_ritz_value(work.product_error(coordinates));
  for (bool again = true; again; below.reset()) {
    const RitzPairs& ritz = work.ritz_pairs(
        coordinates, start_, matrix_free_sign_limits(objective_, most_steps_, below));
    if (std::isnan(ritz.smallest) || ritz.smallest_vector.empty()) return settled;
    settled.products += ritz.steps;
    settled.steps = ritz.steps;
    const ValueWithError rayleigh = work.prober().rayleigh(coordinates, ritz.smallest_vector);
    if (rayleigh.surely_negative()) {
      settled.verdict = Verdict::not_convex;
      settled.stage = SettledBy::lanczos;
      return settled;
    }
    // Stopped too soon: the proof takes more than the promise.
    again = below && ritz.smallest < *below;
  }
  return settled;
}

}  // namespace convexscan::cpu
