// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <cmath>

#include "gallery/findings.hpp"
#include "gallery/rows.hpp"

/// The functions of the argument, with the smallest eigenvalue of each Hessian written out: what
/// the scans find is compared with it at every point.
namespace convexscan::experiments {
namespace {

/// The smaller eigenvalue of ((a, b), (b, c)).
double smaller(double a, double b, double c) {
  return 0.5 * (a + c) - std::hypot(0.5 * (a - c), b);
}

struct Toy {
  const char* landscape;
  const char* penalty;  ///< added, or null
  const char* formula;
  double reach;
  double (*smallest)(double x, double y);
};

/// Rosenbrock's determinant is 400 − 80000(y − x²): it is locally convex where y < x² + 1/200.
constexpr Toy toys[] = {
    {"xy", nullptr, "xy", 1.0, [](double, double) { return -1.0; }},
    {"x2y2", nullptr, "x^2 y^2", 1.0,
     [](double x, double y) { return smaller(2 * y * y, 4 * x * y, 2 * x * x); }},
    {"sine", nullptr, "sin x", 4.0, [](double x, double) { return -std::sin(x); }},
    {"double-well", nullptr, "(x^2 - 1)^2", 1.5, [](double x, double) { return 12 * x * x - 4; }},
    {"cubic", "l2=1.5", "-x^3 + 1.5 x^2", 1.0, [](double x, double) { return 3 - 6 * x; }},
    {"rosenbrock", nullptr, "Rosenbrock's", 1.5,
     [](double x, double y) {
       return smaller(2 - 400 * (y - x * x) + 800 * x * x, -400 * x, 200);
     }},
};

/// The closed form is itself rounded: by a few units of the sizes in it, which are below 2500.
constexpr double closed_form_error = 2500.0 * 8 * 0x1p-53;

/// λ_min is the closed form at every point, to the bounds. The number is the largest difference.
Finding as_known(const Toy& toy, const PlaneScan& plane) {
  const std::vector<double>& values = plane.values(Quantity::min_eigenvalue);
  const std::vector<double>& errors = plane.values(Quantity::min_eigenvalue_error);
  const std::size_t columns = plane.result.x.size();
  double number = 0.0;
  double bound = 0.0;
  bool all = true;
  for (std::size_t p = 0; p < values.size(); ++p) {
    const double known = toy.smallest(plane.result.x[p % columns], plane.result.y[p / columns]);
    const double apart = std::fabs(values[p] - known);
    const double allowed = errors[p] + closed_form_error;
    if (!(apart <= allowed)) all = false;
    if (p > 0 && !(apart - allowed > number - bound)) continue;
    number = apart;
    bound = allowed;
  }
  return {claim,
          "... and its smallest eigenvalue is the closed form everywhere",
          all ? Answer::yes : Answer::no,
          "difference from the closed form",
          number,
          bound,
          {},
          plane.file};
}

}  // namespace

GalleryOutcome toy_functions(Laboratory& lab) {
  GalleryOutcome outcome;
  for (const Toy& toy : toys) {
    Subject subject = landscape_subject(toy.landscape);
    if (toy.penalty != nullptr) subject = penalised(std::move(subject), toy.penalty);
    const std::vector<std::int64_t> axes =
        subject.theta.size() == 1 ? std::vector<std::int64_t>{0} : std::vector<std::int64_t>{0, 1};
    const PlaneScan plane = lab.plane(subject, {axes, toy.reach},
                                      {Quantity::loss, Quantity::min_eigenvalue,
                                       Quantity::min_eigenvalue_error, Quantity::verdict},
                                      {toy.landscape, toy.formula});
    outcome.findings.push_back(
        curves_down(claim, std::string(toy.formula) + " is not convex", plane));
    outcome.findings.push_back(as_known(toy, plane));
  }
  outcome.conclusion =
      "None is convex everywhere; -x^3 + c x^2 is where x < c/3, Rosenbrock's where y < x^2 + "
      "1/200.";
  return outcome;
}

}  // namespace convexscan::experiments
