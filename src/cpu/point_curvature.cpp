// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/point_curvature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "shared/rounding.hpp"

namespace convexscan::cpu {

using enum Quantity;

namespace {

/// Numbers that grow with the matrix, by as much.
void enlarge(double factor, PointCurvature& curvature) {
  for (double* number : {&curvature.min_eigenvalue, &curvature.error, &curvature.eigenvalue_error,
                         &curvature.max_eigenvalue, &curvature.max_eigenvalue_error,
                         &curvature.trace, &curvature.trace_error, &curvature.required_l2.value,
                         &curvature.required_l2.error, &curvature.vector_error}) {
    *number *= factor;
  }
  for (std::vector<double>* numbers : {&curvature.layer_min_eigenvalue, &curvature.layer_error}) {
    for (double& number : *numbers) number *= factor;
  }
}

void take_trace(const double* matrix, std::int64_t n, double bound, PointCurvature& curvature) {
  curvature.trace = 0.0;
  double size = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    curvature.trace += matrix[i * n + i];
    size += std::fabs(matrix[i * n + i]);
  }
  curvature.trace_error = 1.01 * bound + shared::gamma_bound(n) * size;
}

void take_layers(const double* matrix, std::int64_t n, double bound, std::span<const Rows> layers,
                 DenseScratch& scratch, PointCurvature& curvature) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const auto [begin, end] = layers[l];
    if (begin == end) continue;
    const std::int64_t size = end - begin;
    std::vector<double>& block = scratch.matrix;
    block.resize(static_cast<std::size_t>(size * size));
    for (std::int64_t r = 0; r < size; ++r) {
      std::copy_n(matrix + (begin + r) * n + begin, r + 1, block.begin() + r * size);
    }
    // A block's error is no larger than the matrix's.
    DenseEigenvalues& eigenvalues = scratch.solver;
    eigenvalues.reduce(block.data(), size);
    curvature.layer_min_eigenvalue[l] = eigenvalues.smallest();
    curvature.layer_error[l] = bound + eigenvalues.error();
  }
}

void curvature_of_scaled(double* matrix, std::int64_t n, const MatrixError& bound,
                         const CurvatureRequest& request, const QuadraticForm& form,
                         DenseScratch& scratch, PointCurvature& result) {
  const std::span<const Rows> layers = request.layers;
  const std::span<const double> weights = request.weights;
  const auto has = [&](Quantity quantity) { return request.quantities.contains(quantity); };
  result.clear();
  result.layer_min_eigenvalue.assign(layers.size(), PointCurvature::nan);
  result.layer_error.assign(layers.size(), PointCurvature::nan);
  if (!std::isfinite(frobenius_norm(matrix, n))) return;

  if (has(trace) || has(trace_error)) take_trace(matrix, n, bound.trace, result);
  if (has(layer_min_eigenvalue) || has(layer_min_eigenvalue_error)) {
    take_layers(matrix, n, bound.norm, layers, scratch, result);
  }
  // With equal weights λ* follows from λ_min; otherwise it has an eigenproblem of its own.
  const bool plain = std::ranges::all_of(weights, [](double w) { return w == 1.0; });
  const bool penalised = has(required_l2) || has(required_l2_error);
  if (penalised && !plain) {
    result.required_l2 =
        convexscan::required_l2({matrix, static_cast<std::size_t>(n * n)}, n, weights, bound.norm);
  }

  if (!needs_eigenvalues(request.quantities)) return;

  DenseEigenvalues& eigenvalues = scratch.solver;
  eigenvalues.reduce(matrix, n);
  result.eigenvalue_error = bound.norm + eigenvalues.error();
  result.error = result.eigenvalue_error;
  result.min_eigenvalue = eigenvalues.smallest();
  if (std::isnan(result.min_eigenvalue)) return;
  if (std::isfinite(result.eigenvalue_error)) result.settled_by = SettledBy::dense;
  if ((form && n > 1) || has(min_eigenvector) || has(min_eigenvector_error)) {
    const std::vector<double>& vector = eigenvalues.smallest_vector();
    if (form && n > 1 && !vector.empty() && std::isfinite(bound.norm)) {
      result.error = refined_error(result.min_eigenvalue, eigenvalues.second_smallest(),
                                   result.eigenvalue_error, form(vector));
    }
    if (!vector.empty()) result.vector_error = eigenvector_residual(result.eigenvalue_error);
    result.vector = vector;
  }
  if (has(max_eigenvalue) || has(max_eigenvalue_error)) {
    result.max_eigenvalue = eigenvalues.largest();
    result.max_eigenvalue_error = result.eigenvalue_error;
  }
  if (has(negative_count) || has(near_zero_count) || has(positive_count)) {
    const bool bounded = std::isfinite(result.eigenvalue_error);
    const std::int64_t negative = bounded ? eigenvalues.count_below(-result.eigenvalue_error) : 0;
    const std::int64_t not_positive =
        bounded ? eigenvalues.count_below(std::nextafter(result.eigenvalue_error, HUGE_VAL)) : n;
    result.negative_count = static_cast<double>(negative);
    result.near_zero_count = static_cast<double>(not_positive - negative);
    result.positive_count = static_cast<double>(n - not_positive);
  }
  result.verdict = verdict_of(result.min_eigenvalue, result.error);
  if (penalised && plain) {
    result.required_l2 = convexscan::required_l2(result.min_eigenvalue, result.error);
  }
}

}  // namespace

void PointCurvature::clear() {
  PointCurvature cleared;
  for (const auto member : {&PointCurvature::layer_min_eigenvalue, &PointCurvature::layer_error,
                            &PointCurvature::vector}) {
    (this->*member).clear();
    (cleared.*member).swap(this->*member);
  }
  *this = std::move(cleared);
}

void withhold_at_kink(std::int64_t kinks, Verdict& verdict, SettledBy& settled_by) {
  if (kinks == 0 || verdict == Verdict::not_convex) return;
  verdict = Verdict::undecided;
  settled_by = SettledBy::kink;
}

double eigenvector_residual(double plain) {
  // Room for the vector of the tridiagonal matrix. It costs nothing where the residual enters
  // Temple's bound squared.
  return 32.0 * plain;
}

double refined_error(double value, double second, double plain, const ValueWithError& form) {
  // v is an eigenvector of the computed matrix up to the solver's error, and that matrix is the
  // exact one up to the assembly's: both are in plain.
  const double residual = eigenvector_residual(plain) + form.error;
  const double gap = second - plain - (form.value + form.error);
  if (!(gap > 0.0)) return plain;
  const double error = std::fabs(value - form.value) + form.error + residual * residual / gap;
  return error < plain ? error : plain;
}

double accepted_excess(double norm, double bound) {
  // A thousandth of the assembly's bound is a hundredth of what that leaves for one vector.
  return shared::unit_roundoff * norm + 0.001 * bound;
}

bool curvature_alone(const IsolatedEigenpair& pair, std::int64_t n, double norm, double bound,
                     const ValueWithError& form, PointCurvature& result) {
  const double residual = pair.residual + bound;
  const double gap = pair.second - bound - (form.value + form.error);
  const double error = form.error + residual * residual / gap;
  if (!(gap > 0.0 && error <= bound + solver_error(norm, n))) return false;

  result.clear();
  result.min_eigenvalue = form.value;
  result.error = error;
  result.verdict = verdict_of(form.value, error);
  const bool bends_down = result.verdict == Verdict::not_convex;
  result.settled_by = bends_down ? SettledBy::lanczos : SettledBy::cholesky;
  result.required_l2 = convexscan::required_l2(form.value, error);
  result.vector = pair.vector;
  result.vector_error = residual + std::fabs(form.value - pair.value);
  return true;
}

bool smallest_alone(const double* matrix, std::int64_t n, double bound,
                    const std::vector<double>& start, const QuadraticForm& form,
                    DenseScratch& scratch, PointCurvature& result) {
  const double norm = frobenius_norm(matrix, n);
  if (!std::isfinite(bound) || !std::isfinite(norm)) return false;
  const IsolatedEigenpair* const pair =
      isolated_smallest(matrix, n, norm, accepted_excess(norm, bound), start, scratch);
  return pair != nullptr && curvature_alone(*pair, n, norm, bound, form(pair->vector), result);
}

double or_infinite(double bound) {
  return std::isnan(bound) ? std::numeric_limits<double>::infinity() : bound;
}

double safe_scale(const double* matrix, std::int64_t n) {
  double largest = 0.0;
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c <= r; ++c) {
      largest = std::max(largest, std::fabs(matrix[r * n + c]));
    }
  }
  const bool extreme = largest > 0x1p480 || (largest < 0x1p-480 && largest > 0.0);
  if (!extreme || !std::isfinite(largest)) return 1.0;
  return std::ldexp(1.0, std::min(-std::ilogb(largest), 1000));
}

void curvature_of(double* matrix, std::int64_t n, const MatrixError& bound,
                  const CurvatureRequest& request, const QuadraticForm& form, DenseScratch& scratch,
                  PointCurvature& result) {
  const MatrixError known{or_infinite(bound.norm), or_infinite(bound.trace)};
  const double scale = safe_scale(matrix, n);
  if (scale == 1.0) {
    curvature_of_scaled(matrix, n, known, request, form, scratch, result);
    return;
  }
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c <= r; ++c) matrix[r * n + c] *= scale;
  }
  QuadraticForm scaled_form;
  if (form) {
    scaled_form = [&](const std::vector<double>& vector) {
      const ValueWithError value = form(vector);
      return ValueWithError{value.value * scale, value.error * scale};
    };
  }
  curvature_of_scaled(matrix, n, {known.norm * scale, known.trace * scale}, request, scaled_form,
                      scratch, result);
  enlarge(1.0 / scale, result);
}

void fill_from_summary(const SpectrumSummary& summary, bool equal_weights,
                       PointCurvature& curvature) {
  curvature.min_eigenvalue = summary.smallest;
  curvature.max_eigenvalue = summary.largest;
  curvature.max_eigenvalue_error = curvature.eigenvalue_error;
  curvature.negative_count = summary.negative;
  curvature.near_zero_count = summary.near_zero;
  curvature.positive_count = summary.positive;
  curvature.verdict = verdict_of(curvature.min_eigenvalue, curvature.error);
  if (std::isfinite(curvature.error)) curvature.settled_by = SettledBy::dense;
  if (!equal_weights) return;
  curvature.required_l2 = convexscan::required_l2(curvature.min_eigenvalue, curvature.error);
}

std::vector<double> required_weights(const Objective& objective) {
  const std::vector<double> all = quadratic_weights(objective.penalty, objective.parameter_count());
  std::vector<double> weights;
  for (const std::int64_t i : objective.subset) weights.push_back(all[static_cast<std::size_t>(i)]);
  const double largest = std::ranges::max(all);
  for (double& w : weights) w = largest > 0.0 ? w / largest : 1.0;
  return weights;
}

bool has_equal_weights(const Objective& objective) {
  return std::ranges::all_of(required_weights(objective), [](double w) { return w == 1.0; });
}

}  // namespace convexscan::cpu
