// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "convexscan/curvature.hpp"
#include "convexscan/quantity.hpp"

namespace convexscan::cpu {

/// What can be said about the Hessian at one point; NaN where it was not asked or is not finite.
struct PointCurvature {
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

  double min_eigenvalue = nan;
  double error = nan;
  double max_eigenvalue = nan;
  double negative_count = nan;
  double near_zero_count = nan;
  double positive_count = nan;
  double trace = nan;
  double required_l2 = nan;
  Verdict verdict = Verdict::undecided;
  SettledBy settled_by = SettledBy::dense;
  std::vector<double> layer_min_eigenvalue;
};

/// Whether any of the quantities needs the Hessian in all of the scanned parameters, and whether all
/// that do are the verdict and what it rests on.
bool needs_curvature(const QuantitySet& quantities);
bool needs_only_verdict(const QuantitySet& quantities);

/// Which rows of the Hessian are a layer's: [begin, end).
using Rows = std::pair<std::int64_t, std::int64_t>;

/// Everything asked for, from the lower triangle of a computed Hessian (n, n) and a bound on its
/// error. weights (n) are those of required_l2. The matrix is destroyed.
PointCurvature curvature_of(double* matrix, std::int64_t n, double bound,
                            const QuantitySet& quantities, std::span<const Rows> layers,
                            std::span<const double> weights);

/// Makes room for the curvature quantities of points; layers is the width of layer_min_eigenvalue.
void make_columns(const QuantitySet& quantities, std::int64_t points, std::int64_t layers,
                  ValueTable& table);
void store(const PointCurvature& curvature, std::int64_t point, ValueTable& table);

/// The weights of required_l2 in the subset: those of the penalty's quadratic part, scaled so that the
/// largest is 1, or all 1 where there is none.
std::vector<double> required_weights(const Objective& objective);

}  // namespace convexscan::cpu
