// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "cpu/cpu_backend.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <fstream>
#include <optional>

#include "cpu/blas.hpp"
#include "cpu/kink_mass.hpp"
#include "cpu/landscape_evaluator.hpp"
#include "cpu/network_evaluator.hpp"
#include "cpu/network_gradient.hpp"
#include "cpu/point_values.hpp"
#include "cpu/segment_losses.hpp"

namespace convexscan::cpu {
namespace {

class LandscapeBackend final : public Backend {
 public:
  explicit LandscapeBackend(const Objective& objective) : objective_(objective) {}

  std::string device() const override { return device_description(); }

  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    refuse_kink_mass(quantities);
    return make_landscape_evaluator(objective_, slice, quantities, options);
  }

  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    return landscape_gradient(objective_, theta, gradient);
  }

 private:
  const Objective& objective_;
};

template <class Real>
class NetworkBackend final : public Backend {
 public:
  explicit NetworkBackend(const Objective& objective)
      : objective_(objective), data_(*objective.network()) {}

  std::string device() const override { return device_description(); }

  std::unique_ptr<Evaluator> evaluator(const Slice& slice, const QuantitySet& quantities,
                                       const EvaluationOptions& options) override {
    std::unique_ptr<Evaluator> evaluator =
        make_network_evaluator(objective_, data_, slice, without_kink_mass(quantities), options);
    if (!quantities.contains(Quantity::kink_mass)) return evaluator;
    return with_kink_mass(std::move(evaluator), objective_, slice, options);
  }

  double gradient(std::span<const double> theta, std::span<double> gradient) override {
    return network_gradient(objective_, double_data(), theta, gradient);
  }

  void gradients(std::span<const double> thetas, std::span<double> losses,
                 std::span<double> gradients) override {
    network_gradients(objective_, double_data(), thetas, losses, gradients);
  }

  ValueTable point_values(std::span<const double> thetas, std::int64_t points,
                          const QuantitySet& quantities,
                          const EvaluationOptions& options) override {
    return parallel_point_values(*this, thetas, points, quantities, options);
  }

  std::vector<double> segment_losses(const Segments& segments, std::span<const double> t) override {
    // Few segments have more points than threads; many have work for each thread.
    if (segments.count() < std::int64_t{4} * omp_get_max_threads())
      return Backend::segment_losses(segments, t);
    return network_segment_losses(objective_, data_, segments, t);
  }

  std::vector<double> segment_derivatives(const Segments& segments,
                                          std::span<const double> t) override {
    return network_segment_derivatives(objective_, data_, segments, t);
  }

 private:
  const NetworkData<double>& double_data() {
    if constexpr (std::is_same_v<Real, double>) {
      return data_;
    } else {
      if (!double_data_) double_data_.emplace(*objective_.network());
      return *double_data_;
    }
  }

  const Objective& objective_;
  const NetworkData<Real> data_;
  std::optional<NetworkData<double>> double_data_;  // gradients are always double
};

}  // namespace

std::unique_ptr<Backend> make_backend(const Objective& objective, Precision precision) {
  if (objective.landscape() != nullptr) return std::make_unique<LandscapeBackend>(objective);
  claim_blas_memory();
  if (precision == Precision::float32) return std::make_unique<NetworkBackend<float>>(objective);
  return std::make_unique<NetworkBackend<double>>(objective);
}

std::string device_description() {
  std::string model = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  return fmt::format("cpu: {}, {} threads", model, omp_get_max_threads());
}

}  // namespace convexscan::cpu
