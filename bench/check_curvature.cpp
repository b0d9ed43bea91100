// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

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

/// Without a matrix a sign is found where Lanczos sees it: further from zero than the tolerance by
/// this factor.
constexpr double clear = 1e3;

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

/// The smallest and the largest Ritz value after so many steps from a random start, with full
/// reorthogonalisation.
std::pair<double, double> ritz_values(GradientDifferences& differences,
                                      const std::vector<double>& theta, std::size_t steps) {
  std::vector<double> diagonal;
  std::vector<double> below;
  std::vector<double> v = normal_numbers(static_cast<std::int64_t>(theta.size()), 1.0, 1);
  std::vector<std::vector<double>> basis;
  double length = std::sqrt(dot(v, v));
  for (std::size_t j = 0; j < steps; ++j) {
    for (double& value : v) value /= length;
    basis.push_back(v);
    v = differences.product(theta, basis.back());
    const double largest = std::sqrt(dot(v, v));
    diagonal.push_back(dot(v, basis.back()));
    for (int twice = 0; twice < 2; ++twice) {
      for (const std::vector<double>& u : basis) {
        const double along = dot(u, v);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= along * u[i];
      }
    }
    length = std::sqrt(dot(v, v));
    // Where the space is invariant but for what differences leave, there is no next direction.
    if (j + 1 == steps || length <= allowed * largest) break;
    below.push_back(length);
  }
  const std::size_t n = diagonal.size();
  std::vector<double> tridiagonal(n * n, 0.0);
  for (std::size_t j = 0; j < n; ++j) tridiagonal[j * n + j] = diagonal[j];
  for (std::size_t j = 1; j < n; ++j) tridiagonal[j * n + j - 1] = below[j - 1];
  const cpu::DenseEigenvalues spectrum(tridiagonal.data(), static_cast<std::int64_t>(n));
  return {spectrum.smallest(), spectrum.largest()};
}

/// What is known of a point without the claim about it.
struct Known {
  double least = 0.0;          ///< λ_min is no less …
  double above = 0.0;          ///< … and no more than this: a Rayleigh quotient proves it
  double most = 0.0;           ///< the largest λ_min that may be claimed beside its own error
  double largest_error = 0.0;  ///< that a claim may have
  /// Further below zero λ_min is to be found negative, further above positive.
  double clearly_negative = 0.0;
  double clearly_positive = std::numeric_limits<double>::infinity();
};

/// The same of a claim that was made with the matrix: every sign is found, and bounds on rounding
/// are thousands of times smaller than the tolerance that differences need.
Known by_a_matrix(Known known, double tolerance) {
  known.largest_error = tolerance;
  known.clearly_negative = known.clearly_positive = 0.0;
  return known;
}

/// What was said of one point.
class Claim {
 public:
  Claim(const ValueTable& values, std::int64_t point) : values_(values), point_(point) {}

  bool has(Quantity quantity) const { return values_.contains(quantity); }
  double of(Quantity quantity) const {
    return values_.at(quantity).data[static_cast<std::size_t>(point_)];
  }

  void compare(const Known& known) const {
    if (has(Quantity::min_eigenvalue)) {
      const double found = of(Quantity::min_eigenvalue);
      const double error = of(Quantity::min_eigenvalue_error);
      require(error >= 0.0 && error <= known.largest_error, "min_eigenvalue_error", error,
              known.largest_error);
      require(found >= known.least - error, "min_eigenvalue", found, known.least);
      require(found <= known.most + error, "min_eigenvalue", found, known.most);
    }
    if (has(Quantity::verdict)) {
      const double verdict = of(Quantity::verdict);
      const bool negative = known.above < -known.clearly_negative;
      const bool positive = known.least > known.clearly_positive;
      require((verdict == 0.0 && !negative && !positive) || (verdict == 1.0 && known.above > 0.0) ||
                  (verdict == 2.0 && known.least < 0.0),
              "verdict", verdict, known.above);
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

void check_whole(const Claim& claim, bool matrix_free, GradientDifferences& differences,
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
  const double tolerance = allowed * norm;
  const Known known{spectrum.smallest() - tolerance, spectrum.smallest() + tolerance,
                    spectrum.smallest() + tolerance, norm, clear * tolerance};
  claim.compare(matrix_free ? known : by_a_matrix(known, tolerance));
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

void check_along_eigenvector(const Claim& claim, bool matrix_free, const Objective& objective,
                             GradientDifferences& differences, const std::vector<double>& theta) {
  const ExtremeEigenvectors ends = extreme_eigenvectors(objective, theta);
  const std::vector<double>& v = ends.smallest_direction;
  const double norm = std::max(std::fabs(ends.smallest), std::fabs(ends.largest));
  const double curvature = dot(v, differences.product(theta, v));
  const double tolerance = allowed * norm;
  // A Krylov space of the same size may see λ_min more or less closely than the claim's.
  const Known known{curvature - tolerance - ends.error, curvature + tolerance,
                    curvature + tolerance + ends.error, norm, clear * tolerance};
  claim.compare(matrix_free ? known : by_a_matrix(known, tolerance + ends.error));
}

/// λ_min between what Lanczos on products of its own proves: no more than its smallest Ritz value,
/// and less than it by at most ε = 1/8 of the spectrum's width, but for two starts in a thousand
/// (Kuczyński and Woźniakowski 1992, SIAM J. Matrix Anal. Appl. 13, theorem 4.2: after k steps from
/// a random start that has probability 1.648·√n·exp(−√ε·(2k − 1)) at most).
void check_between(const Claim& claim, bool matrix_free, GradientDifferences& differences,
                   const std::vector<double>& theta) {
  constexpr double part = 0.125;
  constexpr double chance = 1e-3;
  const auto n = static_cast<double>(theta.size());
  const double least_steps =
      0.5 * (1.0 + std::log(1.648 * std::sqrt(n) / chance) / std::sqrt(part));
  const auto steps = static_cast<std::size_t>(std::min(n, std::ceil(least_steps)));
  const auto [smallest, largest] = ritz_values(differences, theta, steps);
  const double norm = std::max(std::fabs(smallest), std::fabs(largest));
  const double tolerance = allowed * norm;
  // The width is at most that of the Ritz values and ε of itself at either end. A claim by Lanczos
  // may be above λ_min by as much.
  const double unseen = part * (largest - smallest) / (1.0 - 2.0 * part);
  const Known known{smallest - unseen - tolerance, smallest + tolerance,
                    smallest + unseen + tolerance, norm + unseen, clear * tolerance};
  claim.compare(matrix_free ? known : by_a_matrix(known, tolerance));
}

}  // namespace

CurvatureCheck curvature_check(const Problem& problem) {
  const std::int64_t parameters = problem.objective.parameter_count();
  if (parameters <= 400) return CurvatureCheck::whole;
  const double products = 1200.0 * static_cast<double>(parameters) *
                          static_cast<double>(problem.objective.network()->samples);
  return products <= 2e11 ? CurvatureCheck::along_eigenvector : CurvatureCheck::between;
}

std::string check_curvature(const Problem& problem, const ValueTable& values,
                            CurvatureCheck check) {
  const bool traced = values.contains(Quantity::trace);
  const bool asked =
      values.contains(Quantity::min_eigenvalue) || values.contains(Quantity::verdict);
  if (!asked && !traced) return "";
  const bool matrix_free = problem.options.eigensolver == Eigensolver::lanczos;
  const bool whole = check == CurvatureCheck::whole;
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
    switch (check) {
      case CurvatureCheck::whole:
        check_whole(claim, matrix_free, differences, theta);
        break;
      case CurvatureCheck::along_eigenvector:
        check_along_eigenvector(claim, matrix_free, problem.objective, differences, theta);
        break;
      case CurvatureCheck::between:
        check_between(claim, matrix_free, differences, theta);
        break;
    }
  }
  const std::string at = fmt::format("{} point{}", some.size(), some.size() == 1 ? "" : "s");
  const std::string trace = traced ? "trace at " + at + " by gradient differences" : "";
  if (!asked) return trace;
  constexpr std::array<const char*, 3> ways{"a matrix of gradient differences",
                                            "gradient differences along the eigenvector",
                                            "Lanczos on gradient differences"};
  return fmt::format("{}{}curvature at {} by {}", trace, traced ? ", " : "", at,
                     ways[static_cast<std::size_t>(check)]);
}

}  // namespace convexscan::bench
