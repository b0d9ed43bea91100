// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/point_curvature.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {

using enum Quantity;

double refined_error(double value, double second, double plain, const BoundedValue& form) {
  // v is an eigenvector of the computed matrix up to the solver's error, and that matrix is the
  // exact one up to the assembly's: both are in plain. The factor leaves room for inverse
  // iteration; it costs nothing, since the residual enters squared.
  const double residual = 32.0 * plain + form.error;
  const double gap = second - plain - (form.value + form.error);
  if (!(gap > 0.0)) return plain;
  const double error = std::fabs(value - form.value) + form.error + residual * residual / gap;
  return error < plain ? error : plain;
}

std::optional<PointCurvature> smallest_alone(const double* matrix, std::int64_t n, double bound,
                                             const std::vector<double>& start,
                                             const QuadraticForm& form,
                                             std::vector<double>& scratch) {
  const double norm = frobenius_norm(matrix, n);
  if (!std::isfinite(bound) || !std::isfinite(norm)) return {};
  // A thousandth of the assembly's bound is a hundredth of what that leaves for one vector.
  const double accepted = shared::unit_roundoff * norm + 0.001 * bound;
  const auto pair = isolated_smallest(matrix, n, norm, accepted, start, scratch);
  if (!pair) return {};
  const BoundedValue curvature = form(pair->vector);
  const double residual = pair->residual + bound;
  const double gap = pair->second - bound - (curvature.value + curvature.error);
  const double error = curvature.error + residual * residual / gap;
  if (!(gap > 0.0 && error <= bound + solver_error(norm, n))) return {};

  PointCurvature result;
  result.min_eigenvalue = curvature.value;
  result.error = error;
  result.verdict = verdict_of(curvature.value, error);
  const bool bends_down = result.verdict == Verdict::not_convex;
  result.settled_by = bends_down ? SettledBy::lanczos : SettledBy::cholesky;
  result.required_l2 = bends_down ? -0.5 * curvature.value : 0.0;
  return result;
}

PointCurvature curvature_of(double* matrix, std::int64_t n, double bound,
                            const QuantitySet& quantities, std::span<const Rows> layers,
                            std::span<const double> weights, const QuadraticForm& form) {
  const auto has = [&](Quantity quantity) { return quantities.contains(quantity); };
  PointCurvature result;
  result.layer_min_eigenvalue.assign(layers.size(), PointCurvature::nan);
  if (!std::isfinite(bound)) return result;

  if (has(trace)) {
    result.trace = 0.0;
    for (std::int64_t i = 0; i < n; ++i) result.trace += matrix[i * n + i];
  }
  for (std::size_t l = 0; has(layer_min_eigenvalue) && l < layers.size(); ++l) {
    const auto [begin, end] = layers[l];
    if (begin == end) continue;
    const std::int64_t size = end - begin;
    std::vector<double> block(static_cast<std::size_t>(size * size));
    for (std::int64_t r = 0; r < size; ++r) {
      std::copy_n(matrix + (begin + r) * n + begin, r + 1, block.begin() + r * size);
    }
    result.layer_min_eigenvalue[l] = DenseEigenvalues(block.data(), size).smallest();
  }
  // With equal weights λ* follows from λ_min; otherwise it has an eigenproblem of its own.
  const bool plain = std::ranges::all_of(weights, [](double w) { return w == 1.0; });
  if (has(required_l2) && !plain) {
    result.required_l2 =
        convexscan::required_l2({matrix, static_cast<std::size_t>(n * n)}, n, weights, bound);
  }

  if (!needs_eigenvalues(quantities)) return result;

  const DenseEigenvalues eigenvalues(matrix, n);
  result.eigenvalue_error = bound + eigenvalues.error();
  result.error = result.eigenvalue_error;
  result.min_eigenvalue = eigenvalues.smallest();
  if (form && n > 1) {
    const std::vector<double> vector = eigenvalues.smallest_vector();
    if (!vector.empty()) {
      result.error = refined_error(result.min_eigenvalue, eigenvalues.second_smallest(),
                                   result.eigenvalue_error, form(vector));
    }
  }
  if (has(max_eigenvalue)) result.max_eigenvalue = eigenvalues.largest();
  if (has(negative_count) || has(near_zero_count) || has(positive_count)) {
    const std::int64_t negative = eigenvalues.count_below(-result.eigenvalue_error);
    const std::int64_t not_positive =
        eigenvalues.count_below(std::nextafter(result.eigenvalue_error, HUGE_VAL));
    result.negative_count = static_cast<double>(negative);
    result.near_zero_count = static_cast<double>(not_positive - negative);
    result.positive_count = static_cast<double>(n - not_positive);
  }
  result.verdict = verdict_of(result.min_eigenvalue, result.error);
  if (has(required_l2) && plain) {
    result.required_l2 = result.verdict == Verdict::not_convex ? -0.5 * result.min_eigenvalue : 0.0;
  }
  return result;
}

void fill_from_eigenvalues(std::span<const double> eigenvalues, bool equal_weights,
                           PointCurvature& curvature) {
  const double bound = curvature.eigenvalue_error;
  const auto negative = std::ranges::lower_bound(eigenvalues, -bound) - eigenvalues.begin();
  const auto not_positive = std::ranges::upper_bound(eigenvalues, bound) - eigenvalues.begin();
  fill_from_summary({eigenvalues.front(), eigenvalues.back(), static_cast<double>(negative),
                     static_cast<double>(not_positive - negative),
                     static_cast<double>(std::ssize(eigenvalues) - not_positive)},
                    equal_weights, curvature);
}

void fill_from_summary(const SpectrumSummary& summary, bool equal_weights,
                       PointCurvature& curvature) {
  curvature.min_eigenvalue = summary.smallest;
  curvature.max_eigenvalue = summary.largest;
  curvature.negative_count = summary.negative;
  curvature.near_zero_count = summary.near_zero;
  curvature.positive_count = summary.positive;
  curvature.verdict = verdict_of(curvature.min_eigenvalue, curvature.error);
  if (!equal_weights) return;
  const bool bends_down = curvature.verdict == Verdict::not_convex;
  curvature.required_l2 = bends_down ? -0.5 * curvature.min_eigenvalue : 0.0;
}

void make_columns(const QuantitySet& quantities, std::int64_t points, std::int64_t layers,
                  ValueTable& table) {
  for (const Quantity quantity : quantities) {
    if (!needs_curvature({quantity})) continue;
    Values& values = table[quantity];
    values.components = quantity == layer_min_eigenvalue ? layers : 1;
    values.data.resize(static_cast<std::size_t>(points * values.components));
  }
}

void store(const PointCurvature& curvature, std::int64_t point, ValueTable& table) {
  const auto put = [&](Quantity quantity, double value) {
    const auto column = table.find(quantity);
    if (column != table.end()) column->second.data[static_cast<std::size_t>(point)] = value;
  };
  put(min_eigenvalue, curvature.min_eigenvalue);
  put(min_eigenvalue_error, curvature.error);
  put(eigenvalue_error, curvature.eigenvalue_error);
  put(max_eigenvalue, curvature.max_eigenvalue);
  put(negative_count, curvature.negative_count);
  put(near_zero_count, curvature.near_zero_count);
  put(positive_count, curvature.positive_count);
  put(trace, curvature.trace);
  put(required_l2, curvature.required_l2);
  put(verdict, static_cast<double>(curvature.verdict));
  put(settled_by, static_cast<double>(curvature.settled_by));
  const auto layers = table.find(layer_min_eigenvalue);
  if (layers == table.end()) return;
  std::ranges::copy(curvature.layer_min_eigenvalue,
                    layers->second.data.begin() + point * layers->second.components);
}

std::vector<double> required_weights(const Objective& objective) {
  const std::vector<double> all = quadratic_weights(objective.penalty, objective.parameter_count());
  std::vector<double> weights;
  for (const std::int64_t i : objective.subset) weights.push_back(all[static_cast<std::size_t>(i)]);
  const double largest = *std::ranges::max_element(weights);
  for (double& w : weights) w = largest > 0.0 ? w / largest : 1.0;
  return weights;
}

bool has_equal_weights(const Objective& objective) {
  return std::ranges::all_of(required_weights(objective), [](double w) { return w == 1.0; });
}

}  // namespace convexscan::cpu
