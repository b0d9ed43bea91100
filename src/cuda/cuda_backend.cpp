// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cuda/cuda_backend.hpp"

#include <fmt/format.h>

#include <optional>
#include <type_traits>

#include "convexscan/error.hpp"
#include "cpu/kink_mass.hpp"
#include "cpu/point_curvature.hpp"
#include "cuda/landscape_evaluator.hpp"
#include "cuda/network_evaluator.hpp"
#include "cuda/network_gradient.hpp"
#include "cuda/segment_derivatives.hpp"
#include "cuda/segment_losses.hpp"
#include "kernels/architectures.hpp"

namespace convexscan::cuda {
namespace {

std::string describe(int index) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index));
  int driver = 0;
  check(cudaDriverGetVersion(&driver));
  return fmt::format("cuda:{}: {}, {} GB, driver for CUDA {}.{}", index, properties.name,
                     properties.totalGlobalMem / 1'000'000'000, driver / 1000, driver % 1000 / 10);
}

/// What a backend holds for all its points must fit: smaller tiles would not help.
template <class Make>
auto all_at_once(int index, Make&& make) {
  check(cudaSetDevice(index));
  try {
    return make();
  } catch (const OutOfMemory&) {
    throw Error(
        fmt::format("network and data do not fit into the free memory of cuda:{}; use "
                    "--samples or --device cpu",
                    index));
  }
}

/// Every call of a backend starts by making its device the thread's current one.
class OnDevice final : public Evaluator {
 public:
  OnDevice(int index, std::unique_ptr<Evaluator> evaluator)
      : index_(index), evaluator_(std::move(evaluator)) {}

  std::int64_t points_per_tile() const override { return evaluator_->points_per_tile(); }

  EigensolverChoice eigensolver() const override { return evaluator_->eigensolver(); }

  std::string loss_path() const override { return evaluator_->loss_path(); }

  ValueTable evaluate(std::span<const double> coordinates, std::int64_t points) override {
    check(cudaSetDevice(index_));
    return evaluator_->evaluate(coordinates, points);
  }

 private:
  int index_;
  std::unique_ptr<Evaluator> evaluator_;
};

class LandscapeBackend final : public Backend {
 public:
  LandscapeBackend(int index, const Objective& objective)
      : index_(index), objective_(objective), stream_(make_stream()) {}

  std::string device() const override { return describe(index_); }

  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    cpu::refuse_kink_mass(quantities);
    check(cudaSetDevice(index_));
    return std::make_unique<OnDevice>(
        index_, make_landscape_evaluator(objective_, stream_.get(), slice, quantities, options));
  }

  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    check(cudaSetDevice(index_));
    return landscape_gradient(objective_, stream_.get(), theta, gradient);
  }

 private:
  int index_;
  const Objective& objective_;
  const Stream stream_;
};

template <class Real>
class NetworkBackend final : public Backend {
 public:
  NetworkBackend(int index, const Objective& objective)
      : index_(index), objective_(objective), data_(*objective.network(), context_.queue()) {}

  std::string device() const override { return describe(index_); }

  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    const QuantitySet here = cpu::without_kink_mass(quantities);
    std::unique_ptr<Evaluator> evaluator = all_at_once(index_, [&] {
      const NetworkData<double>* const doubles =
          cpu::needs_curvature(here) ? &double_data() : nullptr;
      return std::make_unique<OnDevice>(
          index_,
          make_network_evaluator(objective_, data_, doubles, context_, slice, here, options));
    });
    if (!quantities.contains(Quantity::kink_mass)) return evaluator;
    return cpu::with_kink_mass(std::move(evaluator), objective_, slice, options);
  }

  std::vector<double> segment_losses(const Segments& segments, std::span<const double> t) override {
    return all_at_once(index_, [&] {
      if (!segment_losses_) segment_losses_.emplace(objective_, data_, context_);
      return segment_losses_->at(
          segments, t, [&](const Segments& others) { return Backend::segment_losses(others, t); });
    });
  }

  std::vector<double> segment_derivatives(const Segments& segments,
                                          std::span<const double> t) override {
    return all_at_once(index_, [&] {
      if (!derivatives_) derivatives_.emplace(objective_, data_, context_);
      return derivatives_->at(segments, t);
    });
  }

  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    return all_at_once(index_, [&] {
      if (!gradient_) gradient_.emplace(objective_, double_data(), context_, 1);
      double loss = 0.0;
      gradient_->at(theta, {&loss, 1}, gradient);
      return loss;
    });
  }

  void gradients(std::span<const double> thetas, std::span<double> losses,
                 std::span<double> gradients) override {
    const auto points = static_cast<std::int64_t>(losses.size());
    if (points == 0) return;
    all_at_once(index_, [&] {
      if (points > most_points_) {
        gradients_.reset();  // the old memory first: the two need not fit together
        most_points_ = 0;
        gradients_.emplace(objective_, double_data(), context_, points);
        most_points_ = points;
      }
      gradients_->at(thetas, losses, gradients);
    });
  }

 private:
  const NetworkData<double>& double_data() {
    if constexpr (std::is_same_v<Real, double>) {
      return data_;
    } else {
      if (!double_data_) double_data_.emplace(*objective_.network(), context_.queue());
      return *double_data_;
    }
  }

  int index_;
  const Objective& objective_;
  const DeviceContext context_;
  const NetworkData<Real> data_;
  std::optional<SegmentLosses<Real>> segment_losses_;
  std::optional<SegmentDerivatives<Real>> derivatives_;
  std::optional<NetworkData<double>> double_data_;  // gradients are always double
  std::optional<NetworkGradient> gradient_;
  std::optional<NetworkGradient> gradients_;  // for up to most_points_ at once
  std::int64_t most_points_ = 0;
};

}  // namespace

std::string why_unavailable(int index) {
  int count = 0;
  cudaDeviceProp properties{};
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) {
    status = cudaGetDeviceProperties(&properties, index >= 0 && index < count ? index : 0);
  }
  if (status == cudaSuccess && count > 0) {
    const int least = kernels::least_capability();
    if (10 * properties.major + properties.minor >= least) return "";
    return fmt::format(
        "this program is built for compute capability {}.{} and later, and {} has {}.{}; build it "
        "with -DCMAKE_CUDA_ARCHITECTURES={}{}",
        least / 10, least % 10, properties.name, properties.major, properties.minor,
        properties.major, properties.minor);
  }
  cudaGetLastError();
  if (status == cudaSuccess || status == cudaErrorNoDevice) return "there is no CUDA device";
  if (status == cudaErrorInsufficientDriver) {
    return "there is no NVIDIA driver, or one too old for this program";
  }
  return fmt::format("the CUDA runtime reports {}", cudaGetErrorString(status));
}

std::unique_ptr<Backend> make_backend(int index, const Objective& objective, Precision precision) {
  return all_at_once(index, [&]() -> std::unique_ptr<Backend> {
    if (objective.landscape() != nullptr) {
      return std::make_unique<LandscapeBackend>(index, objective);
    }
    if (precision == Precision::float32) {
      return std::make_unique<NetworkBackend<float>>(index, objective);
    }
    return std::make_unique<NetworkBackend<double>>(index, objective);
  });
}

std::vector<std::string> device_descriptions() {
  std::vector<std::string> descriptions;
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();
    return descriptions;
  }
  for (int index = 0; index < count; ++index) descriptions.push_back(describe(index));
  return descriptions;
}

}  // namespace convexscan::cuda
