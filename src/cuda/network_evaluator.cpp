// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/network_evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cpu/point_curvature.hpp"
#include "cuda/curvature_pass.hpp"
#include "cuda/device_penalty.hpp"
#include "cuda/fused_loss_pass.hpp"
#include "cuda/line_losses.hpp"
#include "cuda/moved_tail.hpp"
#include "cuda/network_passes.hpp"
#include "cuda/quadratic_losses.hpp"
#include "cuda/value_columns.hpp"
#include "shared/loss_path.hpp"

namespace convexscan::cuda {
namespace {

/// A pass with the size of its groups. When its memory cannot be had the groups are halved for the
/// next attempt.
template <class Pass>
class Grouped {
 public:
  explicit Grouped(std::int64_t bytes_per_point) : bytes_per_point_(bytes_per_point) {}

  template <class... Input>
  Pass& ready(const Input&... input) {
    if (size_ == 0) size_ = points_per_group(bytes_per_point_);
    if (!pass_) {
      try {
        pass_.emplace(input..., size_);
      } catch (const OutOfMemory&) {
        size_ = std::max<std::int64_t>(1, size_ / 2);
        throw;
      }
    }
    return *pass_;
  }

  std::int64_t size() const { return size_; }

 private:
  std::int64_t bytes_per_point_;
  std::int64_t size_ = 0;
  std::optional<Pass> pass_;
};

template <class Real>
class NetworkEvaluator final : public Evaluator {
 public:
  NetworkEvaluator(const Objective& objective, const NetworkData<Real>& data,
                   const NetworkData<double>* double_data, const DeviceContext& context,
                   const Slice& slice, const QuantitySet& quantities,
                   const EvaluationOptions& options)
      : data_(data),
        context_(context),
        quantities_(quantities),
        axes_(slice.axes()),
        tail_(data, context, slice),
        penalty_(objective, slice, context.queue()),
        losses_(LossPass<Real>::bytes_per_point(tail_.data())),
        jets_(JetPass<Real>::bytes_per_point(tail_.data(), slice.axes())),
        gradients_(GradientPass<Real>::bytes_per_point(data)) {
    if (!tail_.is_whole() && quantities.contains(Quantity::gradient_norm)) {
      whole_.emplace(data, context).set(slice);
    }
    choose_losses();
    if (double_data != nullptr) {
      eigensolver_ = choose_eigensolver(objective, quantities, options);
      curvature_ = make_curvature_pass(objective, *double_data, context, slice, quantities, options,
                                       eigensolver_.eigensolver);
      eigensolver_.dense_solver = "cusolver";
      if (curvature_ && curvature_->is_on_chip()) {
        eigensolver_.dense_solver = "packed";
        eigensolver_.reason += "; the matrices fit a processor, by its own tridiagonalisation";
      }
    }
  }

  std::int64_t points_per_tile() const override {
    // About a quarter of a second at a few TFLOP/s.
    const NetworkData<Real>& moved = whole_ ? data_ : tail_.data();
    const double work = 2.0 * static_cast<double>(moved.stride) *
                        static_cast<double>(moved.parameters - moved.deep_begin() + 200);
    const bool derivatives = quantities_.contains(Quantity::plane_hessian) ||
                             quantities_.contains(Quantity::gradient_norm);
    const double points = 1e12 / work / (derivatives ? 8.0 : 1.0);
    const std::int64_t tile =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(points), 256, 1 << 18);
    return curvature_ ? std::min(tile, curvature_->points_per_tile()) : tile;
  }

  EigensolverChoice eigensolver() const override {
    EigensolverChoice choice = eigensolver_;
    const std::string likely = curvature_ ? curvature_->likely() : "";
    if (!likely.empty()) choice.reason += "; " + likely;
    return choice;
  }

  std::string loss_path() const override {
    if (!quantities_.contains(Quantity::loss)) return "";
    const int cut = data_.task.model.depth() - tail_.data().task.model.depth();
    const bool line_quadratic =
        lines_ && lines_->quadratic && !quantities_.contains(Quantity::accuracy);
    const std::string layers =
        shared::loss_path(data_.task.model, tail_.data().task.model,
                          {lines_ ? cut + lines_->first : 0, quadratic_ || line_quadratic});
    if (quadratic_ || line_quadratic) return layers;
    if (lines_ || fused_) return layers + ", by one fused kernel";
    return fmt::format("{}, by cuBLAS products ({})", layers,
                       FusedLossPass<Real>::why_not(tail_.data().layers));
  }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    ValueTable table;
    const auto loss = column(table, quantities_, Quantity::loss, points, 1);
    const auto accuracy = column(table, quantities_, Quantity::accuracy, points, 1);
    const auto norm = column(table, quantities_, Quantity::gradient_norm, points, 1);
    const auto curvature = column(table, quantities_, Quantity::plane_hessian, points, 3);
    coordinates_.reserve(static_cast<std::int64_t>(coordinates.size()));
    coordinates_.upload(coordinates, context_.queue());
    if (!loss.empty() || !accuracy.empty()) losses(coordinates, points, loss, accuracy);
    if (!curvature.empty()) curvatures(points, curvature);
    if (!norm.empty()) gradient_norms(points, norm);
    if (curvature_) curvature_->evaluate(coordinates, points, table);
    return table;
  }

 private:
  kernels::Coordinates at(std::int64_t point) const {
    return {coordinates_.data() + point * axes_, axes_};
  }

  /// What moves, for what needs no derivative in the parameters.
  PassInput<Real> moved() const { return {tail_.data(), tail_.slice(), context_}; }

  PassInput<Real> whole() const {
    return whole_ ? PassInput<Real>{data_, *whole_, context_} : moved();
  }

  /// The cheapest way to losses that the slice allows.
  void choose_losses() {
    const NetworkData<Real>& data = tail_.data();
    const bool accuracy = quantities_.contains(Quantity::accuracy);
    if (axes_ > 0 && shared::is_quadratic(data.layers, data.task.loss)) {
      quadratic_ = quadratic_losses(data, axes_, tail_.slice().first(), 0, 1, context_.queue())[0];
    }
    const auto lines = Lines<Real>::of(tail_);
    if (lines && lines->serves(accuracy)) {
      lines_ = *lines;
      line_losses_.emplace(LineLosses<Real>::bytes_per_line(data, *lines));
    }
    if (const auto network = FusedLossPass<Real>::network_for(data.layers)) {
      fused_.emplace(moved(), *network);
    }
  }

  /// Calls work(first, count) for every group of points.
  template <class Work>
  static void for_each_group(std::int64_t points, std::int64_t size, Work&& work) {
    for (std::int64_t first = 0; first < points; first += size) {
      work(first, std::min(size, points - first));
    }
  }

  void losses(std::span<const double> coordinates, std::int64_t points, std::span<double> loss,
              std::span<double> accuracy) {
    results_.reserve(2 * points);
    double* const values = results_.data();
    double* const correct = accuracy.empty() ? nullptr : values + points;
    if (quadratic_ && !loss.empty()) {
      if (correct != nullptr) sum_samples(coordinates, points, values, correct);
      std::vector<double> forms(static_cast<std::size_t>(points));
      for (std::size_t p = 0; p < forms.size(); ++p) {
        forms[p] = quadratic_->at(&coordinates[p * static_cast<std::size_t>(axes_)]) /
                   data_.loss_divisor();
      }
      copy_to_device<double>(forms, values, context_.queue());
    } else {
      sum_samples(coordinates, points, values, correct);
    }
    kernels::add_penalty_values(penalty_.task(), at(0), points, values, context_.queue());
    std::vector<double> both(static_cast<std::size_t>(correct == nullptr ? points : 2 * points));
    results_.download(both, context_.queue());
    if (!loss.empty()) std::copy_n(both.begin(), points, loss.begin());
    if (!accuracy.empty()) std::copy_n(both.begin() + points, points, accuracy.begin());
  }

  /// Without the penalty, in device memory.
  void sum_samples(std::span<const double> coordinates, std::int64_t points, double* values,
                   double* correct) {
    if (lines_) {
      return line_losses_->ready(moved(), *lines_).run(coordinates, at(0), values, correct);
    }
    if (fused_) return fused_->run(at(0), points, values, correct);
    LossPass<Real>& pass = losses_.ready(moved());
    for_each_group(points, losses_.size(), [&](std::int64_t first, std::int64_t count) {
      pass.run(at(first), count, values + first, correct == nullptr ? nullptr : correct + first);
    });
  }

  void curvatures(std::int64_t points, std::span<double> curvature) {
    if (axes_ == 0) {  // nothing to derive along
      std::fill(curvature.begin(), curvature.end(), 0.0);
      return;
    }
    JetPass<Real>& pass = jets_.ready(moved());
    results_.reserve(3 * points);
    for_each_group(points, jets_.size(), [&](std::int64_t first, std::int64_t count) {
      double* const planes = results_.data() + 3 * first;
      pass.run(at(first), count, planes);
      kernels::add_penalty_curvatures(penalty_.task(), at(first), count, planes, context_.queue());
    });
    std::vector<double> planes(curvature.size());
    results_.download(planes, context_.queue());
    for_each_group(points, jets_.size(), [&](std::int64_t first, std::int64_t count) {
      const auto begin = static_cast<std::size_t>(3 * first);
      const auto size = static_cast<std::size_t>(3 * count);
      interleave(std::span(planes).subspan(begin, size), count, curvature.subspan(begin, size));
    });
  }

  void gradient_norms(std::int64_t points, std::span<double> norm) {
    GradientPass<Real>& pass = gradients_.ready(whole());
    results_.reserve(points);
    gradient_.reserve(gradients_.size() * data_.parameters);
    for_each_group(points, gradients_.size(), [&](std::int64_t first, std::int64_t count) {
      pass.run(at(first), count, nullptr, gradient_.data());
      kernels::gradient_norms(penalty_.task(), at(first), count, gradient_.data(),
                              data_.loss_divisor(), penalty_.subset(), penalty_.subset_size(),
                              results_.data() + first, context_.queue());
    });
    results_.download(norm, context_.queue());
  }

  const NetworkData<Real>& data_;
  const DeviceContext& context_;
  const QuantitySet quantities_;
  const int axes_;
  const MovedTail<Real> tail_;
  std::optional<NetworkSlice<Real>> whole_;  ///< for gradients, where tail_ is not
  const DevicePenalty penalty_;
  std::optional<shared::QuadraticLoss> quadratic_;
  std::optional<Lines<Real>> lines_;
  std::optional<Grouped<LineLosses<Real>>> line_losses_;
  std::optional<FusedLossPass<Real>> fused_;  ///< instead of losses_ where it can be
  std::unique_ptr<CurvaturePass> curvature_;
  EigensolverChoice eigensolver_;
  Grouped<LossPass<Real>> losses_;
  Grouped<JetPass<Real>> jets_;
  Grouped<GradientPass<Real>> gradients_;
  DeviceBuffer<double> coordinates_;
  DeviceBuffer<double> results_;
  DeviceBuffer<double> gradient_;  ///< (points of a group, parameters)
};

}  // namespace

template <class Real>
std::unique_ptr<Evaluator> make_network_evaluator(const Objective& objective,
                                                  const NetworkData<Real>& data,
                                                  const NetworkData<double>* double_data,
                                                  const DeviceContext& context, const Slice& slice,
                                                  const QuantitySet& quantities,
                                                  const EvaluationOptions& options) {
  return std::make_unique<NetworkEvaluator<Real>>(objective, data, double_data, context, slice,
                                                  quantities, options);
}

template std::unique_ptr<Evaluator> make_network_evaluator(
    const Objective&, const NetworkData<double>&, const NetworkData<double>*, const DeviceContext&,
    const Slice&, const QuantitySet&, const EvaluationOptions&);
template std::unique_ptr<Evaluator> make_network_evaluator(
    const Objective&, const NetworkData<float>&, const NetworkData<double>*, const DeviceContext&,
    const Slice&, const QuantitySet&, const EvaluationOptions&);

}  // namespace convexscan::cuda
