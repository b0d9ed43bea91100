// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "check.hpp"
#include "convexscan/curvature.hpp"
#include "convexscan/error.hpp"
#include "cpu/dense_eigenvalues.hpp"

namespace convexscan::bench {
namespace {

/// Central differences of gradients. With steps of about ∛ε both what is left of the Taylor series,
/// h²/6·f⁽⁴⁾, and rounding, ε·|∇f|/h, are near 4e-11 of their derivatives; those may be a thousand
/// times the Hessian, and its eigenvalues see P such errors: 1e-6·‖H‖ leaves room for all of it and
/// is far below what a wrong formula gives.
constexpr double allowed = 1e-6;

class GradientDifferences {
 public:
  explicit GradientDifferences(const Problem& problem)
      : backend_(make_backend("cpu", problem.objective, Precision::float64)) {}

  /// H·v at theta, v of unit length.
  std::vector<double> product(const std::vector<double>& theta, std::span<const double> v) {
    double largest = 1.0;
    for (const double value : theta) largest = std::max(largest, std::fabs(value));
    const double step = std::cbrt(std::numeric_limits<double>::epsilon()) * largest;
    std::vector<double> ahead = gradient(theta, v, step);
    const std::vector<double> behind = gradient(theta, v, -step);
    for (std::size_t i = 0; i < ahead.size(); ++i) {
      ahead[i] = (ahead[i] - behind[i]) / (2.0 * step);
    }
    return ahead;
  }

 private:
  std::vector<double> gradient(std::vector<double> theta, std::span<const double> v, double step) {
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += step * v[i];
    std::vector<double> result(theta.size());
    backend_->gradient(theta, result);
    return result;
  }

  std::unique_ptr<Backend> backend_;
};

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// What was said of one point.
class Claim {
 public:
  Claim(const ValueTable& values, std::int64_t point) : values_(values), point_(point) {}

  bool has(Quantity quantity) const { return values_.contains(quantity); }
  double of(Quantity quantity) const {
    return values_.at(quantity).data[static_cast<std::size_t>(point_)];
  }

  /// Against a λ_min that is known to within the tolerance.
  void compare(double smallest, double tolerance) const {
    if (has(Quantity::min_eigenvalue)) {
      const double found = of(Quantity::min_eigenvalue);
      const double slack = tolerance + of(Quantity::min_eigenvalue_error);
      require(std::fabs(found - smallest) <= slack, "min_eigenvalue", found, smallest);
    }
    if (has(Quantity::verdict)) {
      const double verdict = of(Quantity::verdict);
      require(verdict == 0.0 || verdict == 1.0 || verdict == 2.0, "verdict", verdict, smallest);
      if (verdict == 1.0) require(smallest > -tolerance, "verdict", verdict, smallest);
      if (verdict == 2.0) require(smallest < tolerance, "verdict", verdict, smallest);
    }
  }

  void require(bool right, const char* what, double found, double expected) const {
    if (right) return;
    throw Error(fmt::format("wrong {} at point {}: {:.17g}, by differences of gradients {:.17g}",
                            what, point_, found, expected));
  }

 private:
  const ValueTable& values_;
  std::int64_t point_;
};

void check_whole(const Claim& claim, GradientDifferences& differences,
                 const std::vector<double>& theta) {
  const std::size_t n = theta.size();
  std::vector<double> matrix(n * n);
  std::vector<double> unit(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    unit[i] = 1.0;
    const std::vector<double> row = differences.product(theta, unit);
    std::ranges::copy(row, matrix.begin() + static_cast<std::ptrdiff_t>(i * n));
    unit[i] = 0.0;
  }
  const double norm = std::sqrt(dot(matrix, matrix));
  const cpu::DenseEigenvalues spectrum(matrix.data(), static_cast<std::int64_t>(n));
  claim.compare(spectrum.smallest(), allowed * norm);
  if (claim.has(Quantity::negative_count)) {
    const double found = claim.of(Quantity::negative_count);
    const auto least = static_cast<double>(spectrum.count_below(-allowed * norm));
    const auto most = static_cast<double>(spectrum.count_below(allowed * norm));
    claim.require(least <= found && found <= most, "negative_count", found, least);
  }
}

/// Every entry of the diagonal, with |tr Δ| ≤ √P·‖Δ‖_F.
void check_trace(const Claim& claim, GradientDifferences& differences,
                 const std::vector<double>& theta) {
  std::vector<double> unit(theta.size(), 0.0);
  double trace = 0.0;
  double square = 0.0;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    unit[i] = 1.0;
    const std::vector<double> row = differences.product(theta, unit);
    trace += row[i];
    square += dot(row, row);
    unit[i] = 0.0;
  }
  const double tolerance = allowed * std::sqrt(static_cast<double>(theta.size()) * square);
  const double found = claim.of(Quantity::trace);
  claim.require(std::fabs(found - trace) <= tolerance, "trace", found, trace);
}

void check_along_eigenvector(const Claim& claim, const Objective& objective,
                             GradientDifferences& differences, const std::vector<double>& theta) {
  const ExtremeEigenvectors ends = extreme_eigenvectors(objective, theta);
  const std::vector<double>& v = ends.smallest_direction;
  const double norm = std::max(std::fabs(ends.smallest), std::fabs(ends.largest));
  // A Krylov space of the same size may see λ_min more or less closely than the claim's.
  claim.compare(dot(v, differences.product(theta, v)), allowed * norm + ends.error);
}

void check_from_above(const Claim& claim, const Slice& slice, GradientDifferences& differences,
                      const std::vector<double>& theta) {
  for (std::vector<double> d : slice.directions) {
    const double length = std::sqrt(dot(d, d));
    for (double& value : d) value /= length;
    const std::vector<double> product = differences.product(theta, d);
    const double curvature = dot(d, product);
    const double tolerance = allowed * std::sqrt(dot(product, product));
    if (claim.has(Quantity::min_eigenvalue)) {
      const double found = claim.of(Quantity::min_eigenvalue);
      const double slack = tolerance + claim.of(Quantity::min_eigenvalue_error);
      claim.require(found <= curvature + slack, "min_eigenvalue", found, curvature);
    }
    if (claim.has(Quantity::verdict) && claim.of(Quantity::verdict) == 1.0) {
      claim.require(curvature > -tolerance, "verdict", 1.0, curvature);
    }
  }
}

}  // namespace

std::string check_curvature(const Problem& problem, const ValueTable& values) {
  const bool traced = values.contains(Quantity::trace);
  const bool asked =
      values.contains(Quantity::min_eigenvalue) || values.contains(Quantity::verdict);
  if (!asked && !traced) return "";
  const std::int64_t parameters = problem.objective.parameter_count();
  const double products = 1200.0 * static_cast<double>(parameters) *
                          static_cast<double>(problem.objective.network()->samples);
  const bool whole = parameters <= 400;
  const bool along = products <= 2e11;
  GradientDifferences differences(problem);
  const std::int64_t count = problem.points.count();
  std::vector<std::int64_t> some{count / 2};
  if (whole && count > 1) some.push_back(count - 1);
  for (const std::int64_t p : some) {
    const Claim claim(values, p);
    const std::vector<double> theta = problem.slice.at(
        std::span(problem.points.coordinates).subspan(static_cast<std::size_t>(2 * p), 2));
    if (traced) check_trace(claim, differences, theta);
    if (!asked) continue;
    if (whole) {
      check_whole(claim, differences, theta);
    } else if (along) {
      check_along_eigenvector(claim, problem.objective, differences, theta);
    } else {
      check_from_above(claim, problem.slice, differences, theta);
    }
  }
  const std::string at = fmt::format("{} point{}", some.size(), some.size() == 1 ? "" : "s");
  const std::string trace = traced ? "trace at " + at + " by gradient differences" : "";
  if (!asked) return trace;
  return fmt::format("{}{}curvature at {} by {}", trace, traced ? ", " : "", at,
                     whole   ? "a matrix of gradient differences"
                     : along ? "gradient differences along the eigenvector"
                             : "gradient differences along the slice, from above");
}

}  // namespace convexscan::bench
