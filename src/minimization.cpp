// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "minimization.hpp"

#include <cblas.h>
#include <fmt/format.h>
#include <lbfgs.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <new>

namespace convexscan {
namespace {

/// Statuses of our own: none of the library's is in this range.
constexpr int stopped = 10000;
constexpr int small_gradient = 10001;

/// What the library's callbacks see.
struct Minimization {
  std::span<const std::int64_t> subset;
  const GradientFunction& function;
  const TrainingProgress& progress;
  double tolerance;
  std::vector<double> theta;
  std::vector<double> gradient;
  int evaluations = 0;
  int iterations = 0;
  int restarted_at = 0;        // the iteration after which the library began anew
  std::exception_ptr failure;  // to be thrown where no frame of the library's is in between

  void put(const lbfgsfloatval_t* x) {
    for (std::size_t k = 0; k < subset.size(); ++k) {
      theta[static_cast<std::size_t>(subset[k])] = x[k];
    }
  }
};

/// The norm up to which larger weights excuse a larger gradient. Beyond it they may be on their way
/// to infinity, as on separable data.
double largest_scale(std::size_t parameters) {
  return std::max(1.0, 10.0 * std::sqrt(static_cast<double>(parameters)));
}

bool is_small(double gradient_norm, double length, std::size_t parameters, double tolerance) {
  return gradient_norm / std::clamp(length, 1.0, largest_scale(parameters)) <= tolerance;
}

lbfgsfloatval_t evaluate(void* instance, const lbfgsfloatval_t* x, lbfgsfloatval_t* g, int,
                         lbfgsfloatval_t) {
  auto& run = *static_cast<Minimization*>(instance);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (run.failure) return infinity;
  run.put(x);
  double loss = infinity;
  try {
    loss = run.function(run.theta, run.gradient);
  } catch (...) {
    run.failure = std::current_exception();
  }
  ++run.evaluations;
  for (std::size_t k = 0; k < run.subset.size(); ++k) {
    g[k] = run.gradient[static_cast<std::size_t>(run.subset[k])];
  }
  // The line search only understands "worse", not NaN.
  return std::isnan(loss) ? infinity : loss;
}

int report(void* instance, const lbfgsfloatval_t* x, const lbfgsfloatval_t*, lbfgsfloatval_t loss,
           lbfgsfloatval_t length, lbfgsfloatval_t gradient_norm, lbfgsfloatval_t, int,
           int iteration, int) {
  auto& run = *static_cast<Minimization*>(instance);
  run.iterations = run.restarted_at + iteration;
  if (run.progress) {
    run.put(x);
    if (!run.progress(run.iterations, run.theta, loss, gradient_norm)) return stopped;
  }
  return is_small(gradient_norm, length, run.subset.size(), run.tolerance) ? small_gradient : 0;
}

bool is_failed_line_search(int status) {
  switch (status) {
    case LBFGSERR_ROUNDING_ERROR:
    case LBFGSERR_MINIMUMSTEP:
    case LBFGSERR_MAXIMUMLINESEARCH:
    case LBFGSERR_WIDTHTOOSMALL:
    case LBFGSERR_INCREASEGRADIENT:
      return true;
    default:
      return false;
  }
}

std::string reason_of(int status, const TrainingOptions& options, std::size_t parameters) {
  switch (status) {
    case LBFGS_SUCCESS:
    case LBFGS_ALREADY_MINIMIZED:
    case small_gradient:
      return fmt::format(
          "the gradient norm is below {} times max(1, norm of the weights up to {:.4g})",
          options.gradient_tolerance, largest_scale(parameters));
    case LBFGSERR_MAXIMUMITERATION:
      return fmt::format("the limit of {} iterations was reached", options.max_iterations);
    case LBFGSERR_MAXIMUMSTEP:
      return "the line search ran to its largest step: the loss may have no minimum";
    case LBFGSERR_OUTOFMEMORY:
      return "there is not enough memory for the steps that L-BFGS remembers";
    case LBFGSERR_INVALIDPARAMETERS:
      return "its direction is so long that a step has no length: scale the data";
    case stopped:
      return "it was stopped";
    default:
      if (is_failed_line_search(status) || status == LBFGSERR_OUTOFINTERVAL ||
          status == LBFGSERR_INCORRECT_TMINMAX) {
        return "the line search finds nothing lower: rounding, a kink, or a loss without a minimum";
      }
      return fmt::format("liblbfgs failed with its status {}; please report this", status);
  }
}

double norm_in(std::span<const std::int64_t> subset, const std::vector<double>& gradient) {
  double squares = 0.0;
  for (const std::int64_t i : subset) {
    const double g = gradient[static_cast<std::size_t>(i)];
    squares += g * g;
  }
  return std::sqrt(squares);
}

}  // namespace

TrainingResult minimize(std::span<const std::int64_t> subset, const GradientFunction& function,
                        std::span<const double> theta, const TrainingOptions& options,
                        const TrainingProgress& progress) {
  const std::size_t free = subset.size();
  Minimization run{subset,
                   function,
                   progress,
                   options.gradient_tolerance,
                   {theta.begin(), theta.end()},
                   std::vector<double>(theta.size()),
                   0,
                   0,
                   0,
                   nullptr};
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.m = 20;
  parameters.epsilon = 0.0;  // report() is the judge
  parameters.max_iterations = options.max_iterations;
  parameters.max_linesearch = 60;
  // The library keeps x in memory of its own alignment.
  const std::unique_ptr<lbfgsfloatval_t, decltype(&lbfgs_free)> x(
      lbfgs_malloc(static_cast<int>((free + 15) / 16 * 16)), &lbfgs_free);
  if (x == nullptr) throw std::bad_alloc();
  for (std::size_t k = 0; k < free; ++k) {
    x.get()[k] = theta[static_cast<std::size_t>(subset[k])];
  }
  TrainingResult result;
  result.loss = function(theta, run.gradient);
  if (!std::isfinite(result.loss)) {
    result.theta = std::move(run.theta);
    result.gradient_norm = norm_in(subset, run.gradient);
    result.evaluations = 1;
    result.reason = "the loss is not finite at the starting weights";
    return result;
  }
  const auto length = [&] { return cblas_dnrm2(static_cast<blasint>(free), x.get(), 1); };
  int status = 0;
  if (is_small(norm_in(subset, run.gradient), length(), free, options.gradient_tolerance)) {
    status = small_gradient;
  }
  while (status != small_gradient) {
    status = lbfgs(static_cast<int>(free), x.get(), nullptr, evaluate, report, &run, &parameters);
    // A line search may fail far from a minimum, along a direction that old steps have spoilt:
    // steepest descent from there, with no memory, is the judge.
    const bool moved = run.iterations > run.restarted_at;
    if (run.failure || !is_failed_line_search(status) || !moved) break;
    run.restarted_at = run.iterations;
    if (options.max_iterations > 0) {
      parameters.max_iterations = options.max_iterations - run.iterations;
      if (parameters.max_iterations <= 0) {
        status = LBFGSERR_MAXIMUMITERATION;
        break;
      }
    }
  }
  if (run.failure) std::rethrow_exception(run.failure);

  run.put(x.get());
  result.loss = function(run.theta, run.gradient);
  result.gradient_norm = norm_in(subset, run.gradient);
  result.theta = std::move(run.theta);
  result.iterations = run.iterations;
  result.evaluations = run.evaluations + 2;
  // The status is not enough: where the norm of the gradient overflows nothing is below it.
  result.converged =
      (status == LBFGS_SUCCESS || status == LBFGS_ALREADY_MINIMIZED || status == small_gradient) &&
      is_small(result.gradient_norm, length(), free, 1.01 * options.gradient_tolerance);
  if (status < 0 && status != LBFGSERR_MAXIMUMITERATION && !std::isfinite(result.gradient_norm)) {
    result.reason =
        "the gradient is not finite, or its square is beyond float64: scale the data, or start "
        "from smaller weights";
  } else {
    result.reason = result.converged || status < 0 || status == stopped
                        ? reason_of(status, options, free)
                        : "the weights or the loss are too large to go on";
  }
  if (!result.converged && length() > largest_scale(free)) {
    result.reason +=
        fmt::format("; the weights have a norm of {:.3g}: the loss may fall without end", length());
  }
  return result;
}

}  // namespace convexscan
