// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/landscape_evaluator.hpp"

#include <cmath>

#include "shared/landscapes.hpp"
#include "shared/penalty_sums.hpp"

namespace convexscan::cpu {
namespace {

using shared::Jet;

/// The function's Taylor series at theta along directions x and y (parameters), which may be null.
Jet<double> jet_along(const Landscape& landscape, std::span<const double> theta, const double* x,
                      const double* y) {
  std::vector<Jet<double>> p(theta.size());
  for (std::size_t i = 0; i < theta.size(); ++i) {
    p[i] = {theta[i], x == nullptr ? 0.0 : x[i], y == nullptr ? 0.0 : y[i], 0.0, 0.0, 0.0};
  }
  return shared::landscape_value(landscape.id, p.data());
}

class LandscapeEvaluator final : public Evaluator {
 public:
  LandscapeEvaluator(const Objective& objective, const Slice& slice, const QuantitySet& quantities)
      : objective_(objective), slice_(slice), quantities_(quantities) {}

  std::int64_t points_per_tile() const override { return 16384; }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    ValueTable table;
    const Landscape& landscape = *objective_.landscape();
    const auto axes = static_cast<std::size_t>(slice_.axes());
    const double* x = axes > 0 ? slice_.directions[0].data() : nullptr;
    const double* y = axes > 1 ? slice_.directions[1].data() : nullptr;
    std::vector<double> gradient(slice_.origin.size());
    for (std::int64_t p = 0; p < points; ++p) {
      const double* c = coordinates.data() + static_cast<std::size_t>(p) * axes;
      const std::vector<double> theta = slice_.at({c, axes});
      const shared::PenaltyJet penalty = shared::penalty_jet(objective_.penalty, slice_, c);
      const Jet<double> f = jet_along(landscape, theta, x, y);
      for (const Quantity quantity : quantities_) {
        Values& values = table[quantity];
        if (quantity == Quantity::loss) {
          values.data.push_back(f.v + penalty.value);
        } else if (quantity == Quantity::plane_hessian) {
          values.components = 3;
          values.data.push_back(f.xx + penalty.curvature[0]);
          values.data.push_back(f.xy + penalty.curvature[1]);
          values.data.push_back(f.yy + penalty.curvature[2]);
        } else if (quantity == Quantity::gradient_norm) {
          landscape_gradient(objective_, theta, gradient);
          double squares = 0.0;
          for (const std::int64_t i : objective_.subset) {
            squares += gradient[static_cast<std::size_t>(i)] * gradient[static_cast<std::size_t>(i)];
          }
          values.data.push_back(std::sqrt(squares));
        }
      }
    }
    return table;
  }

 private:
  const Objective& objective_;
  const Slice slice_;
  const QuantitySet quantities_;
};

}  // namespace

std::unique_ptr<Evaluator> make_landscape_evaluator(const Objective& objective, const Slice& slice,
                                                    const QuantitySet& quantities) {
  return std::make_unique<LandscapeEvaluator>(objective, slice, quantities);
}

double landscape_gradient(const Objective& objective, std::span<const double> theta,
                          std::span<double> gradient) {
  const Landscape& landscape = *objective.landscape();
  std::vector<double> axis(theta.size(), 0.0);
  double value = 0.0;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    axis[i] = 1.0;
    const Jet<double> f = jet_along(landscape, theta, axis.data(), nullptr);
    axis[i] = 0.0;
    value = f.v;
    gradient[i] = f.x;
  }
  return value + shared::add_penalty_gradient(objective.penalty, theta, gradient);
}

}  // namespace convexscan::cpu
