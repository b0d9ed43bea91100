// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cmath>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"

/// f is quasi-convex when its sublevel sets are convex: on every segment it is at most the larger
/// of its ends. An increasing function of a convex one is, such as (‖x‖² + 1/100)^{1/4}, whose
/// Hessian has a negative (radial) and a positive (tangential) eigenvalue further out.
///
/// An indefinite Hessian is not without meaning, though. At every point a quasi-convex f has
/// yᵀHy ≥ 0 for all y with yᵀ∇f = 0 (Boyd & Vandenberghe 2004, §3.4.3): so H is positive
/// semidefinite where the gradient vanishes, and has at most one negative eigenvalue anywhere. A
/// saddle refutes quasi-convexity, and so do two negative eigenvalues, as those of A x, with
/// eigenvalues ±1 twice, at A = x = (1, 1).
namespace convexscan::experiments {
namespace {

using enum Quantity;

/// Both signs in the spectrum at one point: the one where the weaker of the two is strongest.
Finding is_indefinite(Finding::Role role, std::string text, const PlaneScan& plane) {
  const std::vector<double>& low = plane.values(min_eigenvalue);
  const std::vector<double>& high = plane.values(max_eigenvalue);
  const std::vector<double>& error = plane.values(eigenvalue_error);
  const auto margin = [&](std::size_t p) { return std::fmin(-low[p], high[p]) - error[p]; };
  std::size_t best = 0;
  for (std::size_t p = 1; p < low.size(); ++p) {
    if (margin(p) > margin(best)) best = p;
  }
  return {role,
          std::move(text),
          margin(best) > 0.0 ? Answer::yes : Answer::no,
          "smallest eigenvalue where the largest is as far above 0",
          low[best],
          error[best],
          {},
          plane.file};
}

/// At least this many eigenvalues are negative in the middle of the plane.
Finding negative_in_the_middle(Finding::Role role, std::string text, double wanted,
                               const PlaneScan& plane) {
  const double found = plane.values(negative_count)[plane.middle()];
  return {role,
          std::move(text),
          found >= wanted ? Answer::yes : Answer::no,
          "negative eigenvalues",
          found,
          0.0,
          {},
          plane.file};
}

}  // namespace

GalleryOutcome quasi_convexity(Laboratory& lab) {
  const QuantitySet spectrum{loss,           gradient_norm,  min_eigenvalue,  min_eigenvalue_error,
                             max_eigenvalue, negative_count, eigenvalue_error};
  const Subject root = landscape_subject("root-of-square");
  const SegmentsScan rooted = lab.random(
      root, "box:2", 1401, {"root", "(|x|^2 + 1/100)^(1/4): quasi-convex and not convex"});
  const Subject saddle = landscape_subject("xy");
  Subject product = landscape_subject("linear-map");
  product = lab.at(std::move(product), {1.0, 1.0, 1.0, 1.0}, "product-weights");
  // ∇f = (1, 1, 1, 1) here, and f = 2 − 2t² along (1, −1, −1, 1), at right angles to it.
  const std::vector<double> from{0.5, 1.5, 1.5, 0.5};
  const std::vector<double> to{1.5, 0.5, 0.5, 1.5};

  GalleryOutcome outcome;
  outcome.findings = {
      is_indefinite(claim, "(|x|^2 + 1/100)^(1/4) has an indefinite Hessian",
                    lab.plane(root, {{0, 1}, 2.0}, spectrum,
                              {"root-plane", "(|x|^2 + 1/100)^(1/4): indefinite outside"})),
      violated_on_segments(claim, "... and is not convex", rooted),
      quasi_convex_on_segments(claim, "... but quasi-convex", rooted),
      curves_down_in_the_middle(
          counter_example, "at a zero of the gradient it does: the saddle of xy",
          lab.plane(saddle, {{0, 1}}, spectrum, {"saddle-plane", "xy has a saddle"})),
      quasi_violated_on_segments(
          remark, "... where xy is not quasi-convex",
          lab.random(saddle, "box:0.01", 1402, {"saddle", "xy near its saddle"})),
      negative_in_the_middle(counter_example, "two negative eigenvalues do: A x at A = x = (1, 1)",
                             2.0,
                             lab.plane(product, {{0, 2}, 0.5}, spectrum,
                                       {"product-plane", "A x near A = x = (1, 1)"})),
      quasi_violated_on_segments(
          remark, "... where A x is not quasi-convex",
          lab.between(product, from, to, {"product", "A x at right angles to its gradient"})),
  };
  outcome.conclusion =
      "One negative eigenvalue says nothing where the gradient is not zero; a saddle, or two "
      "negative eigenvalues, refute quasi-convexity.";
  return outcome;
}

}  // namespace convexscan::experiments
