// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/landscape_evaluator.hpp"

#include "cpu/landscape_evaluator.hpp"
#include "cpu/point_curvature.hpp"
#include "cuda/device_penalty.hpp"
#include "cuda/value_columns.hpp"
#include "kernels/landscapes.hpp"
#include "shared/penalty_sums.hpp"

namespace convexscan::cuda {
namespace {

class LandscapeEvaluator final : public Evaluator {
 public:
  LandscapeEvaluator(const Objective& objective, cudaStream_t stream, const Slice& slice,
                     const QuantitySet& quantities, const EvaluationOptions& options)
      : objective_(objective),
        stream_(stream),
        axes_(slice.axes()),
        quantities_(quantities),
        penalty_(objective, slice, stream) {
    QuantitySet curvatures;
    for (const Quantity quantity : quantities) {
      if (cpu::needs_curvature({quantity})) curvatures.insert(quantity);
    }
    if (!curvatures.empty()) {
      host_ = cpu::make_landscape_evaluator(objective, slice, curvatures, options);
    }
  }

  std::int64_t points_per_tile() const override { return 1 << 18; }

  EigensolverChoice eigensolver() const override {
    return host_ ? host_->eigensolver() : EigensolverChoice{};
  }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    ValueTable table;
    if (host_) table = host_->evaluate(coordinates, points);
    const auto loss = column(table, quantities_, Quantity::loss, points, 1);
    const auto norm = column(table, quantities_, Quantity::gradient_norm, points, 1);
    const auto curvature = column(table, quantities_, Quantity::plane_hessian, points, 3);
    const std::int64_t parameters = objective_.parameter_count();
    coordinates_.reserve(static_cast<std::int64_t>(coordinates.size()));
    coordinates_.upload(coordinates, stream_);
    value_.reserve(loss.empty() ? 0 : points);
    curvature_.reserve(curvature.empty() ? 0 : 3 * points);
    gradient_.reserve(norm.empty() ? 0 : parameters * points);
    norm_.reserve(norm.empty() ? 0 : points);
    const kernels::Coordinates at{coordinates_.data(), axes_};
    kernels::landscape_values(objective_.landscape()->id, parameters, penalty_.theta(), at, points,
                              value_.data(), curvature_.data(), gradient_.data(), stream_);
    if (!loss.empty()) {
      kernels::add_penalty_values(penalty_.task(), at, points, value_.data(), stream_);
      value_.download(loss, stream_);
    }
    if (!curvature.empty()) {
      kernels::add_penalty_curvatures(penalty_.task(), at, points, curvature_.data(), stream_);
      std::vector<double> planes(curvature.size());
      curvature_.download(planes, stream_);
      interleave(planes, points, curvature);
    }
    if (!norm.empty()) {
      kernels::gradient_norms(penalty_.task(), at, points, gradient_.data(), 1.0, penalty_.subset(),
                              penalty_.subset_size(), norm_.data(), stream_);
      norm_.download(norm, stream_);
    }
    return table;
  }

 private:
  const Objective& objective_;
  const cudaStream_t stream_;
  const int axes_;
  const QuantitySet quantities_;
  const DevicePenalty penalty_;
  /// Eigenvalues of at most nine parameters: the processor has them before a library has started.
  std::unique_ptr<Evaluator> host_;
  DeviceBuffer<double> coordinates_;
  DeviceBuffer<double> value_;
  DeviceBuffer<double> curvature_;
  DeviceBuffer<double> gradient_;
  DeviceBuffer<double> norm_;
};

}  // namespace

std::unique_ptr<Evaluator> make_landscape_evaluator(const Objective& objective, cudaStream_t stream,
                                                    const Slice& slice,
                                                    const QuantitySet& quantities,
                                                    const EvaluationOptions& options) {
  return std::make_unique<LandscapeEvaluator>(objective, stream, slice, quantities, options);
}

double landscape_gradient(const Objective& objective, cudaStream_t stream,
                          std::span<const double> theta, std::span<double> gradient) {
  const DeviceBuffer<double> origin(theta, stream);
  DeviceBuffer<double> result(1 + static_cast<std::int64_t>(theta.size()));
  kernels::landscape_values(objective.landscape()->id, origin.size(),
                            {origin.data(), nullptr, nullptr}, {}, 1, result.data(), nullptr,
                            result.data() + 1, stream);
  std::vector<double> both(theta.size() + 1);
  result.download(both, stream);
  std::copy(both.begin() + 1, both.end(), gradient.begin());
  return both[0] + shared::add_penalty_gradient(objective.penalty, theta, gradient);
}

}  // namespace convexscan::cuda
