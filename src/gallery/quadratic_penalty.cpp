// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>

#include "convexscan/error.hpp"
#include "convexscan/slope_drop.hpp"
#include "gallery/findings.hpp"
#include "gallery/rows.hpp"
#include "gallery/samples.hpp"

/// λ‖θ‖² adds 2λ to every eigenvalue, so f + λ‖θ‖² is convex on a convex set exactly when
/// 2λ + λ_min ≥ 0 there: λ* = −½ inf λ_min, which is finite on a bounded set when f is twice
/// continuously differentiable. For −x³ on [−1, 1] it is 3, for xy 1/2. A scan bounds λ* from below
/// only; these closed forms bound it from above, too.
///
/// relu is not. ½(1 − relu(t))² has f'' ≥ 0 wherever there is one, so the Hessian asks for no
/// penalty; its slope drops from 0 to −1 at t = 0, and λt² has slope 0 there, whatever λ is.
/// Between ∓h the chord of f + λt² is h/2 − h²(¼ + λ) below f(0): positive for h < 1/(½ + 2λ), and
/// 1/(16(¼ + λ)) for h = 1/(1 + 4λ). There is a violation for every λ; it only moves closer.
///
/// So it is in a relu network. The kink mass of a plane is by how much slopes drop between
/// neighbouring points; at one such kink, where the slope along a line drops by J, the chord over
/// ∓h of f + λ‖θ‖² is J·h/2 − (λ + κ/2)·h² below it, κ being the curvature on its sides. Whatever λ
/// is, that is positive for h = J/(4(λ + 10)) where κ < 20.
namespace convexscan::experiments {
namespace {

using enum Quantity;

const QuantitySet curvature{loss, min_eigenvalue, min_eigenvalue_error, required_l2, verdict};

/// What a smooth function needs, that it is the known infimum over all of the region, and that a
/// little less is not enough.
void settle(Laboratory& lab, const std::string& name, const std::string& words,
            const PlaneChoice& choice, double known, std::vector<Finding>& findings) {
  const Subject subject = landscape_subject(name);
  const PlaneScan plane = lab.plane(subject, choice, curvature, {name, words});
  const double needed = std::ranges::max(plane.values(required_l2));
  // λ* = −λ_min/2 has half its error.
  const double bound = 0.5 * std::ranges::max(plane.values(min_eigenvalue_error));
  findings.push_back({claim,
                      words + " needs a penalty",
                      is_real(needed, bound),
                      "largest required l2",
                      needed,
                      bound,
                      {},
                      plane.file});
  findings.push_back(
      {claim, fmt::format("... no more than the closed form's upper bound, {:g}", known),
       needed - known <= bound ? Answer::yes : Answer::no, "difference from the closed form",
       needed - known, bound,
       fmt::format("so the smallest is from {:g} to {:g}", 0.99 * needed, known), plane.file});
  findings.push_back(
      convex_on_segments(claim, "... with that it is convex",
                         lab.random(penalised(subject, fmt::format("l2={}", needed)), "box:1", 801,
                                    {name + "-enough", words + " with the penalty it needs"})));
  findings.push_back(
      curves_down(claim, "... with 1 % less it is not",
                  lab.plane(penalised(subject, fmt::format("l2={}", 0.99 * needed)), choice,
                            curvature, {name + "-less", words + " with 1 % less"})));
}

/// A relu network's slopes drop at kinks, and no penalty undoes that.
void find_drops(Laboratory& lab, std::vector<Finding>& findings) {
  const Dataset data = lab.keep("data", noise(15, 2, 802));
  const Subject subject =
      lab.network({.widths = "2-4-1", .activation = Activation::relu, .loss = Loss::mse}, data,
                  normal_numbers(17, 1.0, 803), "relu-weights");
  QuantitySet quantities = curvature;
  quantities.insert(kink_mass);
  const PlaneScan plane = lab.plane(subject, {{}, 1.0, 804}, quantities,
                                    {"relu", "a relu network: where slopes drop at kinks"});
  const std::vector<double>& mass = plane.values(kink_mass);
  const double largest = -std::ranges::min(mass);
  findings.push_back(
      {counter_example, "a relu network's slopes drop between neighbouring points",
       is_real(largest, 0.0), "largest drop", largest, 0.0,
       fmt::format("from {} of {} points to the next",
                   std::ranges::count_if(mass, [](double m) { return m < 0.0; }), mass.size() - 1),
       plane.file});
  const auto region = search_region(subject.objective, subject.theta, {Region::Kind::box, 1.0});
  const std::optional<SlopeDrop> drop =
      find_slope_drop(*lab.backend(subject), subject.objective, *region, 200, 805);
  if (!drop) throw Error("no drop of the slope was found in the relu network of row 8");
  for (const double lambda : {1.0, 1e3}) {
    const double h = (drop->before - drop->after) / (4.0 * (lambda + 10.0));
    std::vector<double> from = drop->theta, to = drop->theta;
    for (std::size_t i = 0; i < from.size(); ++i) {
      from[i] -= h * drop->direction[i];
      to[i] += h * drop->direction[i];
    }
    findings.push_back(rises_between(
        counter_example,
        fmt::format("... and with l2 = {:g} still rises across such a kink", lambda),
        lab.between(penalised(subject, fmt::format("l2={}", lambda)), from, to,
                    {fmt::format("relu-{:.0f}", lambda),
                     fmt::format("a relu network with l2 = {:g}, across a kink", lambda)})));
  }
}

}  // namespace

GalleryOutcome quadratic_penalty(Laboratory& lab) {
  GalleryOutcome outcome;
  settle(lab, "cubic", "-x^3 on [-1, 1]", {{0}}, 3.0, outcome.findings);
  settle(lab, "xy", "xy on [-1, 1]^2", {{0, 1}}, 0.5, outcome.findings);

  const Subject well = landscape_subject("relu-well");
  outcome.findings.push_back(
      curves_down_nowhere(remark, "(1 - relu(t))^2/2 curves down nowhere",
                          lab.plane(well, {{0}, 2.0}, curvature,
                                    {"well", "(1 - relu(t))^2/2: the Hessian sees no corner"})));
  for (const double lambda : {1.0, 1e3, 1e6}) {
    const double h = 1.0 / (1.0 + 4.0 * lambda);
    outcome.findings.push_back(rises_between(
        counter_example,
        fmt::format("... and with l2 = {:g} still rises between -h and h, h = {:.2g}", lambda, h),
        lab.between(penalised(well, fmt::format("l2={}", lambda)), {-h}, {h},
                    {fmt::format("well-{:.0f}", lambda),
                     fmt::format("(1 - relu(t))^2/2 with l2 = {:g}, across its corner", lambda)})));
  }
  find_drops(lab, outcome.findings);
  outcome.conclusion =
      "True where the loss is smooth; scans bound the smallest from below, closed forms from "
      "above. "
      "Where a slope drops, as in relu networks, no finite penalty is enough: it cannot undo a "
      "corner, so there is no upper bound.";
  return outcome;
}

}  // namespace convexscan::experiments
