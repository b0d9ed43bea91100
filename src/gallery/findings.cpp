// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace convexscan {
namespace {

constexpr double confidence = 0.95;

struct Eigenvalue {
  double value;
  double error;
};

Eigenvalue smallest_at(const PlaneScan& plane, std::size_t point) {
  return {plane.values(Quantity::min_eigenvalue)[point],
          plane.values(Quantity::min_eigenvalue_error)[point]};
}

/// The point whose λ_min makes score(λ_min, error) least; NaN comes first, so that it is noticed.
template <class Score>
Eigenvalue least(const PlaneScan& plane, Score&& score) {
  Eigenvalue found = smallest_at(plane, 0);
  for (std::size_t p = 1; p < plane.values(Quantity::min_eigenvalue).size(); ++p) {
    const Eigenvalue here = smallest_at(plane, p);
    const double mine = score(here);
    if (std::isnan(mine) || mine < score(found)) found = here;
  }
  return found;
}

Answer opposite(Answer answer) {
  if (answer == Answer::undecided) return answer;
  return answer == Answer::yes ? Answer::no : Answer::yes;
}

/// NaN is less than nothing and at least nothing.
Answer answer(bool yes, bool no) {
  return yes ? Answer::yes : (no ? Answer::no : Answer::undecided);
}

std::string percent(double fraction) { return fmt::format("{:.3g} %", 100.0 * fraction); }

std::string evidence_of(std::int64_t found, std::int64_t trials) {
  if (trials == 0) return "no segment could be decided";
  if (trials == 1) return "";
  const ConfidenceLimits limits = confidence_limits(found, trials, confidence);
  return fmt::format(
      "{} of {} segments violate: {} of all", found, trials,
      found == 0 ? "at most " + percent(limits.upper) : "at least " + percent(limits.lower));
}

Finding on_segments(Finding::Role role, std::string claim, const SegmentsScan& segments, bool quasi,
                    bool wants_violation) {
  const SegmentScan& scan = segments.scan;
  const WorstPlace& worst = quasi ? scan.quasi_gap : scan.gap;
  const std::int64_t found = quasi ? scan.quasi_violations : scan.violations;
  const std::int64_t trials = scan.result.segments - scan.undecided;
  // A point that is not finite says nothing of its segment.
  const Answer violated = answer(found > 0, scan.not_finite == 0 && scan.undecided == 0);
  return {role,
          std::move(claim),
          wants_violation ? violated : opposite(violated),
          quasi ? "largest quasi-convexity gap" : "largest gap",
          worst.value,
          segments.least_real_of(worst),
          evidence_of(found, trials),
          segments.file};
}

}  // namespace

Answer is_negative(double number, double bound) { return answer(number<-bound, number> bound); }

Answer is_real(double number, double bound) {
  return answer(number > bound, number <= bound && !std::isinf(bound));
}

Finding curves_down(Finding::Role role, std::string claim, const PlaneScan& plane) {
  const Eigenvalue found = least(plane, [](Eigenvalue e) { return e.value + e.error; });
  return {role,
          std::move(claim),
          answer(found.value < -found.error, found.value >= -found.error),
          "smallest eigenvalue",
          found.value,
          found.error,
          {},
          plane.file};
}

Finding curves_down_in_the_middle(Finding::Role role, std::string claim, const PlaneScan& plane) {
  const Eigenvalue found = smallest_at(plane, plane.middle());
  return {role,
          std::move(claim),
          is_negative(found.value, found.error),
          "smallest eigenvalue",
          found.value,
          found.error,
          {},
          plane.file};
}

Finding curves_down_nowhere(Finding::Role role, std::string claim, const PlaneScan& plane) {
  Finding finding = curves_down(role, std::move(claim), plane);
  finding.answer = opposite(finding.answer);
  return finding;
}

Finding has_flat_direction(Finding::Role role, std::string claim, const PlaneScan& plane) {
  const Eigenvalue found = least(plane, [](Eigenvalue e) { return e.error - std::fabs(e.value); });
  return {role,
          std::move(claim),
          answer(std::fabs(found.value) <= found.error, std::fabs(found.value) > found.error),
          "smallest eigenvalue",
          found.value,
          found.error,
          {},
          plane.file};
}

Finding curves_up_everywhere(Finding::Role role, std::string claim, const PlaneScan& plane) {
  const Eigenvalue found = least(plane, [](Eigenvalue e) { return e.value - e.error; });
  return {role,
          std::move(claim),
          answer(found.value > found.error, found.value < -found.error),
          "smallest eigenvalue",
          found.value,
          found.error,
          {},
          plane.file};
}

Finding convex_on_segments(Finding::Role role, std::string claim, const SegmentsScan& segments) {
  return on_segments(role, std::move(claim), segments, false, false);
}

Finding quasi_convex_on_segments(Finding::Role role, std::string claim,
                                 const SegmentsScan& segments) {
  return on_segments(role, std::move(claim), segments, true, false);
}

Finding violated_on_segments(Finding::Role role, std::string claim, const SegmentsScan& segments) {
  return on_segments(role, std::move(claim), segments, false, true);
}

Finding quasi_violated_on_segments(Finding::Role role, std::string claim,
                                   const SegmentsScan& segments) {
  return on_segments(role, std::move(claim), segments, true, true);
}

Finding rises_between(Finding::Role role, std::string claim, const SegmentsScan& segment) {
  const WorstPlace& barrier = segment.scan.barrier;
  const double bound = segment.least_real_of(barrier);
  return {role, std::move(claim), is_real(barrier.value, bound), "barrier", barrier.value, bound,
          {},   segment.file};
}

Finding constant_between(Finding::Role role, std::string claim, const SegmentsScan& segment) {
  const std::vector<double>& loss = segment.scan.result.values.at(Quantity::loss).data;
  const auto [low, high] = std::ranges::minmax(loss);
  const double bound = segment.least_real();
  return {role,
          std::move(claim),
          opposite(is_real(high - low, bound)),
          "range of the loss",
          high - low,
          bound,
          {},
          segment.file};
}

Finding equal_at_the_ends(Finding::Role role, std::string claim, const SegmentsScan& segment) {
  const std::vector<double>& loss = segment.scan.result.values.at(Quantity::loss).data;
  const double apart = std::fabs(loss.back() - loss.front());
  const double bound = segment.least_real();
  return {role,
          std::move(claim),
          opposite(is_real(apart, bound)),
          "difference of the losses",
          apart,
          bound,
          {},
          segment.file};
}

}  // namespace convexscan
