// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/product_error.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/penalty_curvature.hpp"
#include "shared/larger.hpp"
#include "shared/loss_divisor.hpp"
#include "shared/product_error.hpp"

namespace convexscan::cpu {
namespace {

using shared::Size;

/// The Euclidean norm of a sample's column of rows, and of their errors.
Size norm_of(const double* rows, const double* errors, std::int64_t count, std::int64_t n) {
  double square = 0.0;
  double error = 0.0;
  for (std::int64_t i = 0; i < count * n; i += n) {
    square += rows[i] * rows[i];
    error += errors[i] * errors[i];
  }
  return {std::sqrt(square), std::sqrt(error)};
}

Size largest_of(const double* rows, const double* errors, std::int64_t count, std::int64_t n) {
  Size largest;
  for (std::int64_t i = 0; i < count * n; i += n) {
    largest.norm = shared::larger(largest.norm, std::fabs(rows[i]));
    largest.error = shared::larger(largest.error, errors[i]);
  }
  return largest;
}

/// The layers of one point, and one sample after the other.
class SampleSizes {
 public:
  SampleSizes(const HessianPoint& point, FactorWorkspace& work, ProductErrorScratch& scratch)
      : data_(point.slice.data),
        work_(work),
        weights_(scratch.weights),
        layers_(scratch.layers),
        pre_(scratch.pre),
        tangent_(scratch.tangent),
        adjoint_(scratch.adjoint) {
    weights_.clear();
    for (const LayerPlan<double>& layer : data_.layers) {
      double square = 0.0;
      for (std::int64_t i = 0; i < layer.outputs * layer.inputs; ++i) {
        const double w = point.magnitude[layer.weight + i];
        square += w * w;
      }
      weights_.push_back(1.01 * std::sqrt(square));
    }
    roundings_ = point.roundings();
    layers_.resize(data_.layers.size());
    pre_.resize(data_.layers.size());
    tangent_.assign(data_.layers.size() + 1, Size{});
    adjoint_.resize(data_.layers.size() + 1);
  }

  /// A bound on the error of the share that sample s of a block of n has in the product.
  double error_of(std::int64_t s, std::int64_t n, double gamma) {
    const int depth = static_cast<int>(data_.layers.size());
    for (int l = 0; l < depth; ++l) forward(l, s, n);
    std::ranges::fill(adjoint_, Size{});
    adjoint_.back() = of_outputs(s, n);
    double square = 0.0;
    for (int l = depth - 1; l >= 0; --l) {
      const double error = reverse(l, gamma);
      square += error * error;
    }
    return std::sqrt(square);
  }

 private:
  void forward(int l, std::int64_t s, std::int64_t n) {
    const auto k = static_cast<std::size_t>(l);
    const LayerPlan<double>& plan = data_.layers[k];
    layers_[k] = {norm_of(work_.value(l) + s, work_.value_error(l) + s, plan.inputs + 1, n),
                  largest_of(work_.slope(l) + s, work_.slope_error(l) + s, plan.outputs, n),
                  largest_of(work_.bend(l) + s, work_.bend_error(l) + s, plan.outputs, n),
                  norm_of(work_.g(l) + s, work_.g_error(l) + s, plan.outputs, n),
                  weights_[k],
                  shared::gamma_bound(2 * plan.inputs + roundings_ + 2),
                  shared::gamma_bound(2 * plan.outputs + roundings_ + 2)};
    pre_[k] = shared::pre_tangent(layers_[k], tangent_[k]);
    if (plan.skip_before > 0)
      pre_[k] = pre_[k] + tangent_[static_cast<std::size_t>(plan.skip_before)];
    tangent_[k + 1] = shared::product(layers_[k].slope, pre_[k], shared::unit_roundoff);
    if (plan.skip_after > 0) {
      tangent_[k + 1] = tangent_[k + 1] + tangent_[static_cast<std::size_t>(plan.skip_after)];
    }
  }

  /// ∂²ℓ/∂a² times the outputs' tangent; of the softmax diag(p) − ppᵀ, a part for each.
  Size of_outputs(std::int64_t s, std::int64_t n) {
    const std::int64_t outputs = data_.layers.back().outputs;
    const Size second = largest_of(work_.loss_second() + s, work_.loss_error() + s, outputs, n);
    const Size pointwise = shared::product(second, tangent_.back(), shared::unit_roundoff);
    if (data_.task.loss != Loss::cross_entropy) return pointwise;
    const Size p = norm_of(work_.loss_second() + s, work_.loss_error() + s, outputs, n);
    const double gamma = shared::gamma_bound(outputs + 2);
    return pointwise +
           shared::product(p, shared::product(p, tangent_.back(), gamma), shared::unit_roundoff);
  }

  /// The error of the sample's share in the layer's part of the product.
  double reverse(int l, double gamma) {
    const auto k = static_cast<std::size_t>(l);
    const LayerPlan<double>& plan = data_.layers[k];
    const auto pass_on = [&](int node, const Size& from) {
      if (node <= 0) return;
      Size& to = adjoint_[static_cast<std::size_t>(node)];
      to = to + from;
    };
    pass_on(plan.skip_after, adjoint_[k + 1]);
    const Size gradient = shared::gradient_tangent(layers_[k], adjoint_[k + 1], pre_[k]);
    pass_on(plan.skip_before, gradient);
    pass_on(l, shared::adjoint_tangent(layers_[k], gradient));
    return shared::share_error(layers_[k], gradient, tangent_[k], gamma);
  }

  const NetworkData<double>& data_;
  FactorWorkspace& work_;
  std::int64_t roundings_ = 0;
  std::vector<double>& weights_;
  std::vector<shared::LayerSizes>& layers_;
  std::vector<Size>& pre_;
  std::vector<Size>& tangent_;
  std::vector<Size>& adjoint_;
};

}  // namespace

double product_error(const Objective& objective, const Slice& slice,
                     const shared::UnderflowBound& underflow, const HessianPoint& point,
                     FactorWorkspace& work, ProductErrorScratch& scratch) {
  const NetworkData<double>& data = point.slice.data;
  // However the samples are added.
  const double gamma = shared::gamma_bound(data.stride + 4);
  SampleSizes sizes(point, work, scratch);
  double sum = 0.0;
  const std::int64_t blocks = (data.samples + hessian_block - 1) / hessian_block;
  for (std::int64_t b = 0; b < blocks; ++b) {
    primal_factors(point, b, work);
    const std::int64_t n = std::min(hessian_block, data.stride - b * hessian_block);
    const std::int64_t valid = std::min(n, data.samples - b * hessian_block);
    for (std::int64_t s = 0; s < valid; ++s) sum += sizes.error_of(s, n, gamma);
  }
  return whole_product_error(objective, slice, underflow, point.coordinates,
                             sum / shared::loss_divisor(data.task));
}

double whole_product_error(const Objective& objective, const Slice& slice,
                           const shared::UnderflowBound& underflow, const double* coordinates,
                           double of_loss) {
  double penalty = 0.0;
  if (!objective.penalty.empty()) {
    for (const std::int64_t i : objective.subset) {
      const ValueWithError second = penalty_curvature(objective.penalty, slice, coordinates, i);
      penalty = shared::larger(
          penalty, second.error + 3.0 * shared::unit_roundoff * std::fabs(second.value));
    }
  }
  const auto size = static_cast<std::int64_t>(objective.subset.size());
  return 1.01 * of_loss + penalty + shared::underflow_allowance(size) + underflow.at(coordinates);
}

}  // namespace convexscan::cpu
