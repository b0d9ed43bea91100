// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/landscape_evaluator.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/dense_eigenvalues.hpp"
#include "cpu/lanczos.hpp"
#include "cpu/landscape_hessian.hpp"
#include "cpu/landscape_kinks.hpp"
#include "cpu/point_curvature.hpp"
#include "cpu/verdict_cascade.hpp"
#include "shared/bounded_point.hpp"
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

/// A function of at most nine variables: there is nothing to gain by anything but a dense solver.
EigensolverChoice eigensolver_for(const Objective& objective, const QuantitySet& quantities,
                                  const EvaluationOptions& options) {
  EigensolverChoice choice =
      choose_eigensolver(options, std::ssize(objective.subset), quantities,
                         has_equal_weights(objective), {.verdict_from = 8, .smallest_from = {}});
  if (choice.eigensolver == Eigensolver::lanczos) {
    return {Eigensolver::cusolver, "lanczos was asked for, but the matrix is tiny"};
  }
  return choice;
}

class LandscapeEvaluator final : public Evaluator {
 public:
  LandscapeEvaluator(const Objective& objective, const Slice& slice, const QuantitySet& quantities,
                     const EvaluationOptions& options)
      : objective_(objective),
        slice_(slice),
        quantities_(quantities),
        eigensolver_(eigensolver_for(objective, quantities, options)),
        weights_(required_weights(objective)),
        start_(scattered(static_cast<std::int64_t>(objective.subset.size()), 1)) {
    // A parameter is a layer of its own: the diagonal of the Hessian says where a function of two
    // variables is convex in each of them alone.
    for (std::size_t i = 0; i < objective.subset.size(); ++i) {
      layers_.emplace_back(static_cast<std::int64_t>(i), static_cast<std::int64_t>(i) + 1);
    }
  }

  std::int64_t points_per_tile() const override { return 16384; }

  EigensolverChoice eigensolver() const override { return eigensolver_; }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    ValueTable table;
    const Landscape& landscape = *objective_.landscape();
    const auto axes = static_cast<std::size_t>(slice_.axes());
    const double* x = axes > 0 ? slice_.directions[0].data() : nullptr;
    const double* y = axes > 1 ? slice_.directions[1].data() : nullptr;
    if (needs_curvature(quantities_)) curvatures(coordinates, points, table);
    std::vector<double> gradient(slice_.origin.size());
    for (std::int64_t p = 0; p < points; ++p) {
      const double* c = coordinates.data() + static_cast<std::size_t>(p) * axes;
      const std::vector<double> theta = slice_.at({c, axes});
      const shared::PenaltyJet penalty = shared::penalty_jet(objective_.penalty, slice_, c);
      const Jet<double> f = jet_along(landscape, theta, x, y);
      for (const Quantity quantity : quantities_) {
        if (quantity != Quantity::loss && quantity != Quantity::plane_hessian &&
            quantity != Quantity::gradient_norm) {
          continue;
        }
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
            squares +=
                gradient[static_cast<std::size_t>(i)] * gradient[static_cast<std::size_t>(i)];
          }
          values.data.push_back(std::sqrt(squares));
        }
      }
    }
    return table;
  }

 private:
  void curvatures(std::span<const double> coordinates, std::int64_t points, ValueTable& table) {
    make_columns(objective_, quantities_, points, static_cast<std::int64_t>(layers_.size()), table);
    const auto size = static_cast<std::int64_t>(objective_.subset.size());
    std::vector<double> matrix;
    DenseScratch scratch;
    PointCurvature curvature;
    for (std::int64_t p = 0; p < points; ++p) {
      const double* at = coordinates.data() + p * slice_.axes();
      const double bound = landscape_hessian(objective_, slice_, at, matrix);
      if (eigensolver_.eigensolver == Eigensolver::cascade) {
        const SettledVerdict settled = matrix_verdict(matrix.data(), size, bound, start_, scratch);
        curvature.verdict = settled.verdict;
        curvature.settled_by = settled.stage;
      } else {
        curvature_of(matrix.data(), size, {bound, static_cast<double>(size) * bound},
                     {quantities_, layers_, weights_}, {}, scratch, curvature);
      }
      const bool kink = is_on_kink(*objective_.landscape(), shared::bounded_point(slice_, at));
      withhold_at_kink(kink ? 1 : 0, curvature.verdict, curvature.settled_by);
      store(objective_, curvature, p, table);
    }
  }

  const Objective& objective_;
  const Slice slice_;
  const QuantitySet quantities_;
  const EigensolverChoice eigensolver_;
  const std::vector<double> weights_;
  const std::vector<double> start_;
  std::vector<Rows> layers_;
};

}  // namespace

std::unique_ptr<Evaluator> make_landscape_evaluator(const Objective& objective, const Slice& slice,
                                                    const QuantitySet& quantities,
                                                    const EvaluationOptions& options) {
  return std::make_unique<LandscapeEvaluator>(objective, slice, quantities, options);
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
