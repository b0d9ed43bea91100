// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "convexscan/curvature.hpp"
#include "convexscan/quantity.hpp"
#include "cpu/eigensolver_choice.hpp"
#include "cpu/isolated_eigenpair.hpp"
#include "cpu/value_with_error.hpp"

namespace convexscan::cpu {

/// What can be said about the Hessian at one point; NaN where it was not asked or is not finite,
/// while a bound is infinite where nothing is known of the error.
struct PointCurvature {
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

  double min_eigenvalue = nan;
  double error = nan;             ///< bound on the error of min_eigenvalue
  double eigenvalue_error = nan;  ///< bound on the error of every eigenvalue
  double max_eigenvalue = nan;
  double max_eigenvalue_error = nan;
  double negative_count = nan;
  double near_zero_count = nan;
  double positive_count = nan;
  double trace = nan;
  double trace_error = nan;
  RequiredL2 required_l2{nan, nan};
  Verdict verdict = Verdict::undecided;
  SettledBy settled_by = SettledBy::nothing;
  std::vector<double> layer_min_eigenvalue;
  std::vector<double> layer_error;  ///< bounds on the errors of those
  std::vector<double> vector;       ///< eigenvector of min_eigenvalue in the subset (n), or empty
  double vector_error = nan;        ///< bound on ‖Hv − min_eigenvalue·v‖ for the unit vector

  /// Nothing known any more; the vectors keep their memory.
  void clear();
};

/// A verdict at a point that touches kinks, of which a Hessian says nothing: the bounds hold for
/// the one on any side, so that a proof of negative curvature stands, but the slope may drop where
/// all of them are positive definite.
void withhold_at_kink(std::int64_t kinks, Verdict& verdict, SettledBy& settled_by);

/// Bounds on the error Δ of a computed matrix.
struct MatrixError {
  double norm = 0.0;   ///< ‖Δ‖
  double trace = 0.0;  ///< |tr Δ|
};

/// Which rows of the Hessian are a layer's: [begin, end).
using Rows = std::pair<std::int64_t, std::int64_t>;

/// vᵀHv of the exact Hessian for a vector (n), with a bound on its error.
using QuadraticForm = std::function<ValueWithError(const std::vector<double>& vector)>;

/// Bounds the smallest eigenvalue of the exact matrix through its curvature along v, where the
/// plain bound is for every direction at once:  q − e − r²/(λ₂ − q) ≤ λ_min ≤ q + e  (Temple 1928),
/// with q ± e = vᵀHv, r ≥ ‖Hv − qv‖ and λ₂ a lower bound of the second eigenvalue. Returns a bound
/// on |λ_min − value|, or the plain one where that is smaller or eigenvalues are too close.
double refined_error(double value, double second, double plain, const ValueWithError& form);

/// A bound on ‖Hv − λv‖ for the computed eigenpair of a dense solver, λ the smallest and plain the
/// bound on its error: a model, as that of the solver is.
double eigenvector_residual(double plain);

/// A bound whose own arithmetic gave no number bounds nothing.
double or_infinite(double bound);

/// What is asked of every matrix.
struct CurvatureRequest {
  const QuantitySet& quantities;  ///< has to outlive it
  std::span<const Rows> layers;
  std::span<const double> weights;  ///< (n), of required_l2
};

/// Everything asked for, from the lower triangle of a computed Hessian (n, n) and bounds on its
/// error. A finite matrix whose errors are not bounded keeps its numbers, with infinite errors and
/// an undecided verdict that is settled by nothing. The matrix is destroyed.
void curvature_of(double* matrix, std::int64_t n, const MatrixError& bound,
                  const CurvatureRequest& request, const QuadraticForm& form, DenseScratch& scratch,
                  PointCurvature& result);

/// λ_min and what follows from it, from an isolated eigenpair of the computed matrix (n, n) and the
/// form of the exact Hessian along its vector, so that nothing about the error is a model: with
/// ρ = vᵀHv and r ≥ ‖Hv − ρv‖,
///   ρ − r²/(λ₂ − ρ) ≤ λ_min ≤ ρ.
/// False, and result as it was, where that is not at least as sharp as a dense solver's bound. norm
/// is that of the matrix, bound that of its error.
bool curvature_alone(const IsolatedEigenpair& pair, std::int64_t n, double norm, double bound,
                     const ValueWithError& form, PointCurvature& result);

/// By how much residual²/(λ₂ − value) may count for that.
double accepted_excess(double norm, double bound);

/// Both through isolated_smallest.
bool smallest_alone(const double* matrix, std::int64_t n, double bound,
                    const std::vector<double>& start, const QuadraticForm& form,
                    DenseScratch& scratch, PointCurvature& result);

/// The power of two by which a matrix (n, n) has to be multiplied for the squares of its entries to
/// be numbers: 1 for all but the largest and the smallest. Exact, but for entries that are nothing
/// beside the others.
double safe_scale(const double* matrix, std::int64_t n);

/// What follows from the ends of a spectrum, its counts below −bound, within and above it, the
/// bound being that of every eigenvalue, and the bounds that curvature already holds: the verdict
/// and, with equal weights, required_l2.
struct SpectrumSummary {
  double smallest;
  double largest;
  double negative;
  double near_zero;
  double positive;
};
void fill_from_summary(const SpectrumSummary& summary, bool equal_weights,
                       PointCurvature& curvature);

/// Makes room for the curvature quantities of points; layers is the width of layer_min_eigenvalue.
void make_columns(const Objective& objective, const QuantitySet& quantities, std::int64_t points,
                  std::int64_t layers, ValueTable& table);
void store(const Objective& objective, const PointCurvature& curvature, std::int64_t point,
           ValueTable& table);

/// The weights of required_l2 in the subset: those of the penalty's quadratic part, scaled so that
/// the largest of all parameters, scanned or not, is 1; or all 1 where there is none.
std::vector<double> required_weights(const Objective& objective);

/// Whether they are all 1, so that required_l2 follows from λ_min.
bool has_equal_weights(const Objective& objective);

}  // namespace convexscan::cpu
