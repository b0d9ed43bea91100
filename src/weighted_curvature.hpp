// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "convexscan/objective.hpp"
#include "cpu/network_slice.hpp"
#include "cpu/sample_factors.hpp"

namespace convexscan {

/// The least curvature at a point in the metric of a penalty Σ wᵢθᵢ²: the smallest eigenvalue of
/// W^{−½}HW^{−½}, which is the least of vᵀHv over Σ wᵢvᵢ² = 1. f + λ·penalty is convex there
/// exactly when it is at least −2λ.
struct LeastCurvature {
  double value = 0.0;  ///< NaN where the Hessian is not finite
  /// Bound on the error of value. Where P × P does not fit, value is vᵀHv of a Ritz vector and this
  /// the error of that alone: there may be less curvature, not more.
  double error = 0.0;
  /// Nothing is below this: value less its error, or −∞ where P × P does not fit.
  double least_possible = 0.0;
  std::vector<double> direction;  ///< v (parameters), zero outside the subset
};

/// Computes it on the processor, in float64.
class WeightedCurvature {
 public:
  /// weights (parameters), positive in the subset. The objective must outlive this.
  WeightedCurvature(const Objective& objective, std::span<const double> weights);

  /// At every one of the points (points, parameters); threads share them. Throws Interrupted when
  /// stop was set, at the latest after one point of each thread.
  std::vector<LeastCurvature> at(const std::vector<std::vector<double>>& thetas,
                                 const std::atomic<bool>* stop = nullptr);

 private:
  LeastCurvature dense(const std::vector<double>& theta) const;
  LeastCurvature matrix_free(const std::vector<double>& theta, cpu::FactorWorkspace& work) const;
  LeastCurvature of_vector(double value, double error, const std::vector<double>& vector) const;

  const Objective& objective_;
  std::vector<double> roots_;  ///< √wᵢ in the subset
  double lightest_ = 0.0;      ///< the least weight
  std::unique_ptr<const cpu::NetworkData<double>> data_;
  std::vector<std::unique_ptr<cpu::FactorWorkspace>> work_;  ///< of each thread, once it was used
};

}  // namespace convexscan
