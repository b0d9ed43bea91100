// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "convexscan/backend.hpp"
#include "convexscan/most_negative_curvature.hpp"
#include "convexscan/search_region.hpp"
#include "cpu/point_curvature.hpp"
#include "curvature_gradient.hpp"
#include "weighted_curvature.hpp"

namespace convexscan {

/// Of a region: a point's own, as SearchRegion has them.
using Coordinates = std::vector<double>;

/// A point of a region with its least curvature.
struct Place {
  Coordinates z;
  LeastCurvature curvature;
  double gain = std::numeric_limits<double>::infinity();  ///< NegativeCurvature::first_order_gain
  bool converged = false;

  /// To be made small; what is not finite is the worst there is.
  double value() const { return cpu::or_infinite(curvature.value); }

  /// What the curvature is proved not to exceed: places are ranked by it, as where numbers are so
  /// large that rounding hides the sign a low value says nothing.
  double proved() const { return cpu::or_infinite(curvature.value + curvature.error); }
};

/// Looks at the least curvature in places of a region, and keeps count of them.
class CurvaturePlaces {
 public:
  /// Progress is told of so many points as are expected, or more. What is named must outlive this.
  CurvaturePlaces(Backend& backend, const Objective& objective, const SearchRegion& region,
                  std::span<const double> weights, std::int64_t expected,
                  const SearchProgress& progress, const std::atomic<bool>* stop);

  std::vector<Place> evaluate(const std::vector<Coordinates>& points);

  /// ∇(vᵀHv) of each with its own v, by steps that suit the region.
  std::vector<CurvatureGradient> differentiate(const std::vector<Place>& places) {
    return differentiate(places, step());
  }

  /// Sets gain and whether the places have converged. Rounding of the gradient counts for them.
  void measure(const std::vector<Place*>& places);

  std::int64_t evaluations() const { return evaluations_; }
  std::int64_t missing() const { return missing_; }          ///< without a finite Hessian
  double least_possible() const { return least_possible_; }  ///< of the others, with rounding

 private:
  struct FirstOrderGain {
    double value;
    double rounding;
  };

  FirstOrderGain gain_of(const Place& place, const CurvatureGradient& slope) const;
  std::vector<CurvatureGradient> differentiate(const std::vector<Place>& places, double h);
  double step() const;

  Backend& backend_;
  const SearchRegion& region_;
  WeightedCurvature curvature_;
  const bool kinks_;
  const std::int64_t expected_;
  const SearchProgress& progress_;
  const std::atomic<bool>* stop_;
  std::int64_t evaluations_ = 0;
  std::int64_t missing_ = 0;
  double least_possible_ = std::numeric_limits<double>::infinity();
};

}  // namespace convexscan
