// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace convexscan {

/// Smooth maps of the whole of ℝᵐ onto a region, under which a minimum of a function on the region,
/// on its boundary too, is one of an unconstrained function. Where an image is on the boundary the
/// map is not regular: a gradient of zero there says nothing of what is inside.
class UnboundedVariables {
 public:
  virtual ~UnboundedVariables() = default;

  /// The image, in the region.
  virtual std::vector<double> bounded(std::span<const double> u) const = 0;

  /// Variables whose image is this point of the region, or, where that is on the boundary, one a
  /// hundredth inside it, from where every way is open.
  virtual std::vector<double> inside(std::span<const double> z) const = 0;

  /// The gradient in u of a function with this gradient at the image of u.
  virtual std::vector<double> pull(std::span<const double> u,
                                   std::span<const double> gradient) const = 0;

 protected:
  static constexpr double innermost = 0.99;
};

/// zᵢ = mᵢ + rᵢ sin uᵢ.
class BoxVariables final : public UnboundedVariables {
 public:
  /// bounds: the lowest and highest value of each.
  explicit BoxVariables(const std::vector<std::pair<double, double>>& bounds) {
    for (const auto& [low, high] : bounds) {
      middle_.push_back(0.5 * (low + high));
      half_.push_back(0.5 * (high - low));
    }
  }

  std::vector<double> bounded(std::span<const double> u) const override {
    std::vector<double> z(middle_);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += half_[i] * std::sin(u[i]);
    return z;
  }

  std::vector<double> inside(std::span<const double> z) const override {
    std::vector<double> u(z.size(), 0.0);
    for (std::size_t i = 0; i < u.size(); ++i) {
      if (half_[i] == 0.0) continue;
      u[i] = std::asin(std::clamp((z[i] - middle_[i]) / half_[i], -innermost, innermost));
    }
    return u;
  }

  std::vector<double> pull(std::span<const double> u,
                           std::span<const double> gradient) const override {
    std::vector<double> own(gradient.begin(), gradient.end());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] *= half_[i] * std::cos(u[i]);
    return own;
  }

 private:
  std::vector<double> middle_;
  std::vector<double> half_;
};

/// z = m + r·(u₁ … uₙ)/‖u‖ of n + 1 variables: the ball is the shadow of a sphere.
class BallVariables final : public UnboundedVariables {
 public:
  BallVariables(std::vector<double> middle, double radius)
      : middle_(std::move(middle)), radius_(radius) {}

  std::vector<double> bounded(std::span<const double> u) const override {
    const double length = norm(u);
    std::vector<double> z(middle_);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += radius_ * u[i] / length;
    return z;
  }

  std::vector<double> inside(std::span<const double> z) const override {
    std::vector<double> u(z.begin(), z.end());
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = (u[i] - middle_[i]) / radius_;
    const double length = norm(u);
    if (length > innermost) {
      for (double& c : u) c *= innermost / length;
    }
    const double used = std::min(length, innermost);
    u.push_back(std::sqrt(1.0 - used * used));
    return u;
  }

  std::vector<double> pull(std::span<const double> u,
                           std::span<const double> gradient) const override {
    const double length = norm(u);
    const double radial =
        std::inner_product(gradient.begin(), gradient.end(), u.begin(), 0.0) / length;
    std::vector<double> own(gradient.begin(), gradient.end());
    own.push_back(0.0);
    for (std::size_t i = 0; i < own.size(); ++i) {
      own[i] = radius_ / length * (own[i] - radial * u[i] / length);
    }
    return own;
  }

 private:
  static double norm(std::span<const double> u) {
    return std::sqrt(std::inner_product(u.begin(), u.end(), u.begin(), 0.0));
  }

  std::vector<double> middle_;
  double radius_;
};

}  // namespace convexscan
