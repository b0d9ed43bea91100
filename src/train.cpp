// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/train.hpp"

#include <cblas.h>
#include <fmt/format.h>
#include <lbfgs.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <new>

#include "convexscan/error.hpp"

namespace convexscan {
namespace {

/// What the library's callbacks see.
struct Minimization {
  Backend& backend;
  const Objective& objective;
  const TrainingProgress& progress;
  std::vector<double> theta;
  std::vector<double> gradient;
  int evaluations = 0;
  int iterations = 0;
  double gradient_norm = 0.0;

  void put(const lbfgsfloatval_t* x) {
    for (std::size_t k = 0; k < objective.subset.size(); ++k) {
      theta[static_cast<std::size_t>(objective.subset[k])] = x[k];
    }
  }
};

lbfgsfloatval_t evaluate(void* instance, const lbfgsfloatval_t* x, lbfgsfloatval_t* g, int,
                         lbfgsfloatval_t) {
  auto& run = *static_cast<Minimization*>(instance);
  run.put(x);
  const double loss = run.backend.gradient(run.theta, run.gradient);
  ++run.evaluations;
  for (std::size_t k = 0; k < run.objective.subset.size(); ++k) {
    g[k] = run.gradient[static_cast<std::size_t>(run.objective.subset[k])];
  }
  // The line search only understands "worse", not NaN.
  return std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
}

int report(void* instance, const lbfgsfloatval_t* x, const lbfgsfloatval_t*, lbfgsfloatval_t loss,
           lbfgsfloatval_t, lbfgsfloatval_t gradient_norm, lbfgsfloatval_t, int, int iteration,
           int) {
  auto& run = *static_cast<Minimization*>(instance);
  run.iterations = iteration;
  run.gradient_norm = gradient_norm;
  if (!run.progress) return 0;
  run.put(x);
  return run.progress(iteration, run.theta, loss, gradient_norm) ? 0 : 1;
}

std::string reason_of(int status, const TrainingOptions& options) {
  switch (status) {
    case LBFGS_SUCCESS:
    case LBFGS_ALREADY_MINIMIZED:
      return fmt::format("the gradient norm is below {} times max(1, norm of the weights)",
                         options.gradient_tolerance);
    case LBFGSERR_MAXIMUMITERATION:
      return fmt::format("the limit of {} iterations was reached", options.max_iterations);
    case LBFGSERR_ROUNDING_ERROR:
    case LBFGSERR_MINIMUMSTEP:
    case LBFGSERR_MAXIMUMLINESEARCH:
    case LBFGSERR_WIDTHTOOSMALL:
    case LBFGSERR_INCREASEGRADIENT:
      return "the line search finds nothing lower: rounding, a kink, or a loss without a minimum";
    case LBFGSERR_MAXIMUMSTEP:
      return "the line search ran to its largest step: the loss may have no minimum";
    case LBFGS_STOP:
      return "it was stopped";
    default:
      return fmt::format("L-BFGS gave up with status {}", status);
  }
}

}  // namespace

TrainingResult train(Backend& backend, const Objective& objective, std::span<const double> theta,
                     const TrainingOptions& options, const TrainingProgress& progress) {
  const std::size_t free = objective.subset.size();
  Minimization run{backend,
                   objective,
                   progress,
                   {theta.begin(), theta.end()},
                   std::vector<double>(theta.size())};
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.m = 20;
  parameters.epsilon = options.gradient_tolerance;
  parameters.max_iterations = options.max_iterations;
  parameters.max_linesearch = 60;
  // The library keeps x in memory of its own alignment.
  const std::unique_ptr<lbfgsfloatval_t, decltype(&lbfgs_free)> x(
      lbfgs_malloc(static_cast<int>((free + 15) / 16 * 16)), &lbfgs_free);
  if (x == nullptr) throw std::bad_alloc();
  for (std::size_t k = 0; k < free; ++k) {
    x.get()[k] = theta[static_cast<std::size_t>(objective.subset[k])];
  }
  if (!std::isfinite(backend.gradient(theta, run.gradient))) {
    throw Error(
        "the loss is not finite at the starting weights; start from smaller ones, as with --init");
  }
  const int status =
      lbfgs(static_cast<int>(free), x.get(), nullptr, evaluate, report, &run, &parameters);

  TrainingResult result;
  run.put(x.get());
  result.loss = backend.gradient(run.theta, run.gradient);
  double squares = 0.0;
  for (const std::int64_t i : objective.subset) {
    squares +=
        run.gradient[static_cast<std::size_t>(i)] * run.gradient[static_cast<std::size_t>(i)];
  }
  result.gradient_norm = std::sqrt(squares);
  result.theta = std::move(run.theta);
  result.iterations = run.iterations;
  result.evaluations = run.evaluations + 1;
  // The library's word is not enough: with weights so large that their norm overflows, any gradient
  // is below the tolerance.
  const double length = cblas_dnrm2(static_cast<blasint>(free), x.get(), 1);
  result.converged =
      (status == LBFGS_SUCCESS || status == LBFGS_ALREADY_MINIMIZED) &&
      result.gradient_norm <= 1.01 * options.gradient_tolerance * std::max(1.0, length);
  const bool told_to_stop = status == LBFGS_STOP;
  result.reason = result.converged || told_to_stop || status < 0
                      ? reason_of(status, options)
                      : "the weights or the loss are too large to go on";
  return result;
}

}  // namespace convexscan
